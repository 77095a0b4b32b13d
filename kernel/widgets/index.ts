// Widgets, as `gradlab/kernel`: controls that front ends draw and whose state lives here.
export {
  accordion,
  Box,
  type BoxOptions,
  box,
  type Child,
  type GridOptions,
  grid,
  hbox,
  Tabs,
  type TabsOptions,
  tabs,
  vbox,
} from './boxes.js';
export type { ControlOptions } from './control.js';
export { WidgetError } from './errors.js';
export {
  type HtmlView,
  type HtmlViewOptions,
  htmlView,
  type ImageView,
  type ImageViewOptions,
  imageView,
  type Label,
  type LabelOptions,
  label,
  type Play,
  type PlayOptions,
  type ProgressBar,
  type ProgressBarOptions,
  play,
  progressBar,
} from './indicators.js';
export {
  type ColorOptions,
  type ColorPicker,
  type ComboBox,
  type ComboBoxOptions,
  colorPicker,
  comboBox,
  intInput,
  type NumberInput,
  type NumberOptions,
  numberInput,
  passwordInput,
  type TextArea,
  type TextAreaOptions,
  type TextInput,
  type TextOptions,
  textArea,
  textInput,
} from './inputs.js';
export {
  type Control,
  type Controls,
  type Interaction,
  type InteractOptions,
  interact,
  type ValuesOf,
} from './interact.js';
export { Layout, type LayoutOptions } from './layout.js';
export { jslink, link } from './link.js';
export { Output, type OutputOptions, output } from './output.js';
export {
  type Choices,
  type DropdownOptions,
  dropdown,
  type ListOptions,
  MultiSelection,
  type MultiSelectOptions,
  multiSelect,
  type RadioOptions,
  radio,
  Selection,
  type SelectionSliderOptions,
  select,
  selectionSlider,
  type ToggleButtonsOptions,
  toggleButtons,
} from './selection.js';
export {
  intRangeSlider,
  intSlider,
  type LogSlider,
  type LogSliderOptions,
  logSlider,
  type RangeSlider,
  type RangeSliderOptions,
  rangeSlider,
  type Slider,
  type SliderOptions,
  slider,
} from './sliders.js';
export {
  Button,
  type ButtonOptions,
  button,
  type Checkbox,
  type CheckboxOptions,
  checkbox,
  type Toggle,
  type ToggleOptions,
  type Tone,
  toggle,
} from './switches.js';
export { type Properties, PropertyWidget, type Stop, ValueWidget, Widget, type WidgetOptions } from './widget.js';
