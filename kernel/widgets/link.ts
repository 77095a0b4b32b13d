// Two widgets → one value, kept equal here or by the front end alone.
import { CONTROLS, Model } from './model.js';
import type { Stop, ValueWidget } from './widget.js';

/** Keeps two values equal, through this kernel. `source` gives the first value. */
export function link<V>(source: ValueWidget<V>, target: ValueWidget<V>): Stop;
/** Keeps `target` at what `transform` makes of `source`'s value. */
export function link<V, W>(source: ValueWidget<V>, target: ValueWidget<W>, transform: (value: V) => W): Stop;
export function link<V>(source: ValueWidget<V>, target: ValueWidget<V>, transform?: (value: V) => V): Stop {
  const forth = (value: V): void => {
    target.value = transform ? transform(value) : value;
  };
  forth(source.value);
  const stops = [source.observe(forth)];
  if (!transform) {
    stops.push(
      target.observe((value) => {
        source.value = value;
      }),
    );
  }
  return () => {
    for (const stop of stops) stop();
  };
}

/**
 * Keeps two values equal in the front end, without a round trip to the kernel; so it works in a saved page, too.
 * With `oneWay`, `target` follows `source` only. For widgets whose value is a choice, the choice's place is linked.
 */
export function jslink<V>(source: ValueWidget<V>, target: ValueWidget<V>, { oneWay = false } = {}): Stop {
  const model = new Model({
    package: CONTROLS,
    model: oneWay ? 'DirectionalLinkModel' : 'LinkModel',
    view: null,
    state: { source: [source.model, source.valueKey], target: [target.model, target.valueKey] },
  });
  model.open();
  return () => model.close();
}
