// The acts of a ledger in words.

import { t } from "../lib/i18n.js";

/** @param {string} kind of an entry */
export function actText(kind) {
  switch (kind) {
    case "open":
      return t("Window opened");
    case "close":
      return t("Window closed");
    case "ballot":
      return t("Ballot");
    case "recuse":
      return t("Recusal");
    case "abstain":
      return t("Abstention");
    case "late":
      return t("Late ballot");
    case "accept":
      return t("Late ballot accepted");
    case "reject":
      return t("Late ballot rejected");
    case "void":
      return t("Ballot set aside");
    case "restore":
      return t("Ballot restored");
    case "penalty":
      return t("Penalty set");
    case "settle":
      return t("Tie settled");
    case "revote":
      return t("Re-vote opened");
    case "close-count":
      return t("Count closed");
    case "ask-reopening":
      return t("Asked that the count be opened again");
    case "reopen":
      return t("Count opened again");
    case "confirm":
      return t("Result confirmed");
    case "countersign":
      return t("Result countersigned");
    case "ask-chair":
      return t("Another chair asked for");
    case "pass-chair":
      return t("Chair's office passed");
    case "ask-substitute":
      return t("Substitute asked for");
    case "substitute":
      return t("Substitute signed");
    case "show-cards":
      return t("Scores shown");
    case "browser":
      return t("Votes in a new browser");
    case "ask-key":
      return t("Another key asked for");
    case "sign-key":
      return t("Another key signed for");
    case "calibrate":
      return t("Calibration rounds held");
    case "carry":
      return t("Points carried over");
    case "reveal":
      return t("Place announced");
    case "deliberate":
      return t("Cards opened for deliberation");
    case "question":
      return t("Question to the jury");
    case "vote":
      return t("Vote of a judge");
    case "casting-vote":
      return t("Casting vote");
    case "object":
      return t("Objection");
    case "rule":
      return t("Ruling on an objection");
    case "ask-amendment":
      return t("Amendment asked for");
    case "amend":
      return t("Amendment signed");
    case "paper":
      return t("Card of paper typed in");
    case "confirm-paper":
      return t("Card of paper confirmed");
    case "reject-paper":
      return t("Card of paper rejected");
    case "contest-paper":
      return t("Card of paper contested by its judge");
    default:
      return kind;
  }
}
