// Exercises, quizzes, predictions, promises and the scoreboard: what a chapter asks of its reader and of itself.

export type { FailureKind } from './diagnose.js';
export { Draw } from './draw.js';
export {
  Exercise,
  ExerciseError,
  type ExerciseOptions,
  exercise,
  type FunctionExercise,
  type Mistake,
  type TestExercise,
  todo,
  type ValueExercise,
  Verdict,
} from './exercise.js';
export { quick } from './quick.js';
