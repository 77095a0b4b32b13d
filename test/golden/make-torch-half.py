# Writes torch-half.json beside it: what PyTorch computes in float16 and bfloat16.
import torch, json, math
torch.manual_seed(0)
out={}
xs=torch.cat([torch.randn(200)*10**torch.linspace(-9,6,200), torch.tensor([0.,-0.,65504.,65519.9,65520.,-65520.,1e30,float('inf'),-float('inf'),float('nan'),2**-14,2**-15,2**-24,2**-25,2**-25*1.0001,3*2**-25,6.1e-5,1.0009765625,1.00048828125,1.00146484375,3.3895e38,3.4e38])])
def enc(t): 
    return [ 'NaN' if math.isnan(v) else ('Infinity' if v==math.inf else ('-Infinity' if v==-math.inf else v)) for v in t.double().tolist()]
out['x']=enc(xs)
for n,d in (('float16',torch.float16),('bfloat16',torch.bfloat16)):
    h=xs.to(d); o={'rounded':enc(h)}
    a=torch.randn(40).to(d); b=torch.randn(40).to(d)
    o['a']=enc(a); o['b']=enc(b)
    for f in ('add','sub','mul','div','maximum'): o[f]=enc(getattr(torch,f)(a,b))
    for f in ('exp','tanh','sigmoid','sqrt','neg','relu'): o[f]=enc(getattr(torch,f)(a))
    o['sum']=enc(a.sum().reshape(1)); o['mean']=enc(a.mean().reshape(1)); o['softmax']=enc(a.softmax(0)); o['logSoftmax']=enc(a.log_softmax(0))
    big=torch.full((1000,),100.).to(d); o['bigMean']=enc(big.mean().reshape(1))
    m=a.reshape(5,8)@b.reshape(8,5); o['matmul']=enc(m.reshape(-1))
    o['var']=enc(a.var().reshape(1))
    p=a.clone().requires_grad_(); (p.tanh()*b).sum().backward(); o['grad']=enc(p.grad)
    o['layerNorm']=enc(torch.nn.functional.layer_norm(a.reshape(5,8),(8,)).reshape(-1))
    out[n]=o
json.dump(out,open(__file__.replace('make-torch-half.py', 'torch-half.json'), 'w'))
