// What user code shows things with, as globals and as `gradlab/kernel`.
export { type Displayable, JUPYTER_DISPLAY } from './bundle.js';
export {
  html,
  iframe,
  image,
  javascript,
  json,
  latex,
  md,
  plotly,
  Rich,
  svg,
  text,
  vega,
  vegaLite,
} from './formats.js';
export { clearOutput, type DisplayHandle, display, updateDisplay } from './show.js';
