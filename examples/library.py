"""From the list of procedures to a draft and its problems, without a server: `python examples/library.py`."""

from dossierkit import Actor, open_engine

citizen = Actor("citizen-1", name="Nguyễn Văn An", mail="an@example.vn")

with open_engine("memory:") as engine:
    for entry in engine.procedures("giay chung nhan"):
        print(entry.code, entry.title_in("vi"))
    draft = engine.begin("1.012786", citizen)
    for problem in engine.check(draft):
        print(problem.at, problem.rule)
