// What a widget was asked and cannot do → an error that says so.

/** A widget was given a value or an option that it cannot have, or was used after `close()`. */
export class WidgetError extends Error {
  override name = 'WidgetError';
}
