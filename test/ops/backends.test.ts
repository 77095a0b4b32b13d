// Every op and its gradient on the CPU against the reference.
import { opsAgree } from './agree.js';

opsAgree('cpu', { looser: { pow: 10, matmul: 4, conv: 10, tan: 4, acosh: 4, atanh: 4, prod: 4 } });
