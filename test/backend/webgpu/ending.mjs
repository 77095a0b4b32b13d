// A program that computes on WebGPU, leaves work under way, and says nothing about ending.
import { device, randn, tensor } from '../../../dist/src/index.js';

device('webgpu');
console.log(tensor([1, 2, 3]).sum().item());
const y = randn([64, 64]);
y.matmul(y).data();
