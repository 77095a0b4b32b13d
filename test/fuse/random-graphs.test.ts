// Random graphs: the CPU computes what the reference computes.
import { graphsAgree } from '../ops/agree.js';

graphsAgree('cpu');
