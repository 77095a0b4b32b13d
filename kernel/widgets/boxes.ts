// Widgets in widgets: rows, columns, grids, tabs.
import { WidgetError } from './errors.js';
import { label } from './indicators.js';
import type { LayoutOptions } from './layout.js';
import { Model } from './model.js';
import { type Properties, PropertyWidget, type Stop, Widget, type WidgetOptions } from './widget.js';

export interface BoxOptions extends WidgetOptions {
  /** A frame with a meaning. */
  boxStyle?: '' | 'success' | 'info' | 'warning' | 'danger';
}

export interface GridOptions extends BoxOptions {
  /** How many, of equal width, or their widths in CSS, such as `'auto 1fr'`. Default 2. */
  columns?: number | string;
  /** Between cells, in CSS. Default `'4px 8px'`. */
  gap?: string;
}

export interface TabsOptions extends BoxOptions {
  /** Which one is open. Default the first for `tabs`, none for `accordion`. */
  selected?: number | null;
}

/** A widget, or text. */
export type Child = Widget | string;

/** A widget that holds others. */
export class Box extends PropertyWidget<Properties<BoxOptions>> {
  #children: readonly Widget[];

  constructor(name: string, children: readonly Child[], options: BoxOptions, extra: object = {}) {
    const widgets = children.map(asWidget);
    const models = widgets.map(({ model }) => model);
    const { layout, ...given } = options;
    super({ name, properties: { boxStyle: '', ...given, ...extra }, state: { children: models } }, { layout });
    this.#children = widgets;
  }

  get children(): readonly Widget[] {
    return this.#children;
  }

  set children(children: readonly Child[]) {
    this.#children = children.map(asWidget);
    this.model.set({ children: this.#children.map(({ model }) => model) });
  }

  override toString(): string {
    return `${super.toString()}(${this.#children.map(String).join(', ')})`;
  }
}

/** A box that shows one of its children at a time, or none. */
export class Tabs extends Box {
  constructor(name: string, pages: { readonly [title: string]: Child }, { selected, ...options }: TabsOptions) {
    const children = Object.values(pages);
    const titles = Object.keys(pages);
    if (typeof selected === 'number' && !(selected in children)) {
      throw new WidgetError(
        `${name}: there is no page ${selected}; pages are counted from 0 to ${children.length - 1}`,
      );
    }
    super(name, children, options, { titles, selectedIndex: selected ?? null });
  }

  /** Which one is open, counted from 0; null for none. */
  get selected(): number | null {
    const index = this.model.get('selected_index');
    return typeof index === 'number' ? index : null;
  }

  set selected(index: number | null) {
    this.model.set({ selected_index: index });
  }

  onSelect(listener: (selected: number | null) => unknown): Stop {
    return this.model.on('selected_index', () => listener(this.selected));
  }
}

/** Children side by side. */
export function hbox(children: readonly Child[], options: BoxOptions = {}): Box {
  return new Box('HBox', children, options);
}

/** Children one below the other. */
export function vbox(children: readonly Child[], options: BoxOptions = {}): Box {
  return new Box('VBox', children, options);
}

/** Children as `layout` says, which is CSS. */
export function box(children: readonly Child[], options: BoxOptions = {}): Box {
  return new Box('Box', children, options);
}

/** Children in rows of `columns`. */
export function grid(children: readonly Child[], options: GridOptions = {}): Box {
  const { columns = 2, gap = '4px 8px', layout, ...rest } = options;
  const gridTemplateColumns = typeof columns === 'number' ? `repeat(${columns}, minmax(0, 1fr))` : columns;
  const cells: LayoutOptions = { gridTemplateColumns, gridGap: gap, ...layout };
  return new Box('GridBox', children, { ...rest, layout: cells });
}

/** Pages with their titles above. @example tabs({ Data: table, Model: vbox([depth, width]) }) */
export function tabs(pages: { readonly [title: string]: Child }, options: TabsOptions = {}): Tabs {
  return new Tabs('Tab', pages, { selected: Object.keys(pages).length > 0 ? 0 : null, ...options });
}

/** Pages one below the other, of which one is open. */
export function accordion(pages: { readonly [title: string]: Child }, options: TabsOptions = {}): Tabs {
  return new Tabs('Accordion', pages, options);
}

function asWidget(child: Child): Widget {
  if (typeof child === 'string') return label(child);
  if (child instanceof Widget && child.model instanceof Model) return child;
  throw new WidgetError('a box takes widgets and strings; show other values in an output()');
}
