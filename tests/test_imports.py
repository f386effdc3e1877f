"""No module of Bedside imports, at run or at type time, one that imports it."""

from __future__ import annotations

import grimp


def test_no_import_goes_in_a_circle() -> None:
    graph = grimp.build_graph("bedside", exclude_type_checking_imports=False)
    imports = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    # What nothing is imported by, or imports nothing, is in no circle: it is taken away until nothing changes.
    while True:
        imported = set().union(*imports.values()) if imports else set()
        loose = {
            module for module, others in imports.items() if not others & imports.keys() or module not in imported
        }
        if not loose:
            break
        imports = {module: others - loose for module, others in imports.items() if module not in loose}
    assert sorted(imports) == []
