// Exercises, quizzes, predictions, promises and the scoreboard: what a chapter asks of its reader and of itself.
export type { FailureKind } from './diagnose.js';
export { Draw } from './draw.js';
export { Exercise, exercise, Verdict } from './exercise.js';
export {
  ExerciseError,
  type ExerciseOptions,
  type FunctionExercise,
  type Mistake,
  type TestExercise,
  todo,
  type ValueExercise,
} from './judge.js';
export { type ChoicePrediction, type NumberPrediction, Prediction, predict } from './predict.js';
export { Promised, type PromiseOptions, promise } from './promise.js';
export { quick } from './quick.js';
export { type Choice, type Question, Quiz, type QuizOptions, quiz } from './quiz.js';
export { type Cost, costTable, type Score, Scoreboard, type Sized, scoreboard, sizeOf } from './scoreboard.js';
