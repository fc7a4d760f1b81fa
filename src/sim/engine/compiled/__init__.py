"""The quarter as machine code, with the bits of the NumPy engine.

Mechanisms are written once, as functions of arrays. Here they are called once with stand-ins for arrays
(`traced`), which note every operation as a node of a graph (`graph`); the graph becomes loops over trials in
LLVM's language (`lowering`, `emit_effects`), machine code kept on disk (`machine_code`), and a function that
takes the place of the stage (`kernels`). What cannot be noted stays with NumPy, stage by stage.
"""
