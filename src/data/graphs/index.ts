// Graphs whose nodes have features and classes.
export type { GraphData } from './graph.js';
export { karateClub } from './karate-club.js';
