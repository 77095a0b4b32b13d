// Changes of images that keep their meaning.
export {
  type AffineOptions,
  type Augmentation,
  Augmented,
  type AugmentOptions,
  augment,
  colorJitter,
  elastic,
  gaussianNoise,
  type Image,
  randomAffine,
  randomCrop,
  randomErase,
  randomFlip,
  randomRotation,
} from './augment.js';
export { cutmix, type Mixed, type MixOptions, mixup } from './mix.js';
