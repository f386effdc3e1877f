"""Tools for molecules: TxGemma's predictions from SMILES."""

from bedside.tools.molecules.txgemma import Prediction, Task, TxGemma

__all__ = ["Prediction", "Task", "TxGemma"]
