"""The three messages that carry a whole order: placeOrder, openOrder, completedOrder.

Field names are the protocol's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from regimeflow.apps.venues.ib.fields import decimal_of, is_unset
from regimeflow.apps.venues.ib.ids import Since
from regimeflow.apps.venues.ib.layout import From, Item, Layout, Many, Until, When


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def _is_combo(values: Mapping[str, str]) -> bool:
    return values.get("secType", "") == "BAG"


def _is_delta_neutral(values: Mapping[str, str]) -> bool:
    return bool(values.get("deltaNeutralOrderType", ""))


def _is_scaled(values: Mapping[str, str]) -> bool:
    text = values.get("scalePriceIncrement", "")
    return not is_unset(text) and (decimal_of(text) or 0) > 0


def _has_hedge(values: Mapping[str, str]) -> bool:
    return bool(values.get("hedgeType", ""))


def _has_neutral_contract(values: Mapping[str, str]) -> bool:
    return values.get("hasDeltaNeutralContract", "") == "1"


def _has_algo(values: Mapping[str, str]) -> bool:
    return bool(values.get("algoStrategy", ""))


def _is_pegged_to_benchmark(values: Mapping[str, str]) -> bool:
    return values.get("orderType", "") in {"PEG BENCH", "PEGBENCH"}


def _is_at_ibkrats(values: Mapping[str, str]) -> bool:
    return values.get("exchange", "") == "IBKRATS"


def _is_pegged_to_best(values: Mapping[str, str]) -> bool:
    return values.get("orderType", "") in {"PEG BEST", "PEGBEST"}


def _competes_up_to_mid(values: Mapping[str, str]) -> bool:
    return values.get("competeAgainstBestOffset", "") == "Infinite"


def _is_pegged_to_mid(values: Mapping[str, str]) -> bool:
    return values.get("orderType", "") in {"PEG MID", "PEGMID"}


CONTRACT_ASKED: Final = _names(
    "conId symbol secType lastTradeDate strike right multiplier exchange primaryExchange currency"
    " localSymbol tradingClass"
)
CONTRACT_TOLD: Final = _names(
    "conId symbol secType lastTradeDate strike right multiplier exchange currency localSymbol"
    " tradingClass"
)
_LEG: Final = _names(
    "conId ratio action exchange openClose shortSaleSlot designatedLocation exemptCode"
)
_SCALE: Final = When(
    _is_scaled,
    _names(
        "scalePriceAdjustValue scalePriceAdjustInterval scaleProfitOffset scaleAutoReset"
        " scaleInitPosition scaleInitFillQty scaleRandomPercent"
    ),
)
_HEDGE: Final[tuple[Item, ...]] = ("hedgeType", When(_has_hedge, ("hedgeParam",)))
_NEUTRAL_ORDER: Final = When(
    _is_delta_neutral,
    _names(
        "deltaNeutralConId deltaNeutralSettlingFirm deltaNeutralClearingAccount"
        " deltaNeutralClearingIntent deltaNeutralOpenClose deltaNeutralShortSale"
        " deltaNeutralShortSaleSlot deltaNeutralDesignatedLocation"
    ),
)
_NEUTRAL_CONTRACT: Final[tuple[Item, ...]] = (
    "hasDeltaNeutralContract",
    When(_has_neutral_contract, _names("neutralConId neutralDelta neutralPrice")),
)
_ALGO: Final[tuple[Item, ...]] = (
    "algoStrategy",
    When(_has_algo, (Many("algoParams", ("tag", "value")),)),
)
_BENCHMARK: Final = When(
    _is_pegged_to_benchmark,
    _names(
        "referenceContractId isPeggedChangeAmountDecrease peggedChangeAmount"
        " referenceChangeAmount referenceExchangeId"
    ),
)
_CONDITIONS: Final = Many(
    "conditions",
    ("type",),
    {
        "1": _names("conjunction isMore price conId exchange triggerMethod"),
        "3": _names("conjunction isMore time"),
        "4": _names("conjunction isMore percent"),
        "5": _names("conjunction secType exchange symbol"),
        "6": _names("conjunction isMore volume conId exchange"),
        "7": _names("conjunction isMore changePercent conId exchange"),
    },
    _names("conditionsIgnoreRth conditionsCancelOrder"),
)
_PEG_OFFSETS: Final = From(
    Since.PEG_OFFSETS,
    _names("minTradeQty minCompeteSize competeAgainstBestOffset midOffsetAtWhole midOffsetAtHalf"),
)
_FA_PROFILE: Final = Until(Since.NO_FA_PROFILE, ("faProfile",))

PLACE_ORDER: Final[Layout] = (
    "orderId",
    *CONTRACT_ASKED,
    *_names(
        "secIdType secId action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account"
        " openClose origin orderRef transmit parentId blockOrder sweepToFill displaySize"
        " triggerMethod outsideRth hidden"
    ),
    When(
        _is_combo,
        (Many("legs", _LEG), Many("legPrices", ("price",)), Many("routing", ("tag", "value"))),
    ),
    *_names(
        "sharesAllocation discretionaryAmt goodAfterTime goodTillDate faGroup faMethod faPercentage"
    ),
    _FA_PROFILE,
    *_names(
        "modelCode shortSaleSlot designatedLocation exemptCode ocaType rule80A settlingFirm"
        " allOrNone minQty percentOffset eTradeOnly firmQuoteOnly nbboPriceCap auctionStrategy"
        " startingPrice stockRefPrice delta stockRangeLower stockRangeUpper"
        " overridePercentageConstraints volatility volatilityType deltaNeutralOrderType"
        " deltaNeutralAuxPrice"
    ),
    _NEUTRAL_ORDER,
    *_names(
        "continuousUpdate referencePriceType trailStopPrice trailingPercent scaleInitLevelSize"
        " scaleSubsLevelSize scalePriceIncrement"
    ),
    _SCALE,
    *_names("scaleTable activeStartTime activeStopTime"),
    *_HEDGE,
    *_names("optOutSmartRouting clearingAccount clearingIntent notHeld"),
    *_NEUTRAL_CONTRACT,
    *_ALGO,
    *_names("algoId whatIf orderMiscOptions solicited randomizeSize randomizePrice"),
    _BENCHMARK,
    _CONDITIONS,
    *_names(
        "adjustedOrderType triggerPrice lmtPriceOffset adjustedStopPrice adjustedStopLimitPrice"
        " adjustedTrailingAmount adjustableTrailingUnit extOperator softDollarName softDollarValue"
        " cashQty mifid2DecisionMaker mifid2DecisionAlgo mifid2ExecutionTrader mifid2ExecutionAlgo"
        " dontUseAutoPriceForHedge isOmsContainer discretionaryUpToLimitPrice usePriceMgmtAlgo"
    ),
    From(Since.DURATION, ("duration",)),
    From(Since.POST_TO_ATS, ("postToAts",)),
    From(Since.AUTO_CANCEL_PARENT, ("autoCancelParent",)),
    From(Since.REJECT_JSON, ("advancedErrorOverride",)),
    From(Since.MANUAL_ORDER_TIME, ("manualOrderTime",)),
    From(
        Since.PEG_OFFSETS,
        (
            When(_is_at_ibkrats, ("minTradeQty",)),
            When(
                _is_pegged_to_best,
                (
                    "minCompeteSize",
                    "competeAgainstBestOffset",
                    When(_competes_up_to_mid, _names("midOffsetAtWhole midOffsetAtHalf")),
                ),
            ),
            When(_is_pegged_to_mid, _names("midOffsetAtWhole midOffsetAtHalf")),
        ),
    ),
)

_MARGINS: Final = _names(
    "initMarginBefore maintMarginBefore equityWithLoanBefore initMarginChange maintMarginChange"
    " equityWithLoanChange initMarginAfter maintMarginAfter equityWithLoanAfter"
)
_COMBO_TOLD: Final[tuple[Item, ...]] = (
    "comboLegsDescrip",
    Many("legs", _LEG),
    Many("legPrices", ("price",)),
    Many("routing", ("tag", "value")),
    *_names("scaleInitLevelSize scaleSubsLevelSize scalePriceIncrement"),
    _SCALE,
    *_HEDGE,
)

OPEN_ORDER: Final[Layout] = (
    "orderId",
    *CONTRACT_TOLD,
    *_names(
        "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin"
        " orderRef clientId permId outsideRth hidden discretionaryAmt goodAfterTime"
        " sharesAllocation faGroup faMethod faPercentage"
    ),
    _FA_PROFILE,
    *_names(
        "modelCode goodTillDate rule80A percentOffset settlingFirm shortSaleSlot designatedLocation"
        " exemptCode auctionStrategy startingPrice stockRefPrice delta stockRangeLower"
        " stockRangeUpper displaySize blockOrder sweepToFill allOrNone minQty ocaType eTradeOnly"
        " firmQuoteOnly nbboPriceCap parentId triggerMethod volatility volatilityType"
        " deltaNeutralOrderType deltaNeutralAuxPrice"
    ),
    _NEUTRAL_ORDER,
    *_names(
        "continuousUpdate referencePriceType trailStopPrice trailingPercent basisPoints"
        " basisPointsType"
    ),
    *_COMBO_TOLD,
    *_names("optOutSmartRouting clearingAccount clearingIntent notHeld"),
    *_NEUTRAL_CONTRACT,
    *_ALGO,
    *_names("solicited whatIf status"),
    *_MARGINS,
    *_names(
        "commission minCommission maxCommission commissionCurrency warningText randomizeSize"
        " randomizePrice"
    ),
    _BENCHMARK,
    _CONDITIONS,
    *_names(
        "adjustedOrderType triggerPrice adjustedTrailStopPrice lmtPriceOffset adjustedStopPrice"
        " adjustedStopLimitPrice adjustedTrailingAmount adjustableTrailingUnit softDollarName"
        " softDollarValue softDollarTitle cashQty dontUseAutoPriceForHedge isOmsContainer"
        " discretionaryUpToLimitPrice usePriceMgmtAlgo"
    ),
    From(Since.DURATION, ("duration",)),
    From(Since.POST_TO_ATS, ("postToAts",)),
    From(Since.AUTO_CANCEL_PARENT, ("autoCancelParent",)),
    _PEG_OFFSETS,
)

COMPLETED_ORDER: Final[Layout] = (
    *CONTRACT_TOLD,
    *_names(
        "action totalQuantity orderType lmtPrice auxPrice tif ocaGroup account openClose origin"
        " orderRef permId outsideRth hidden discretionaryAmt goodAfterTime faGroup faMethod"
        " faPercentage"
    ),
    _FA_PROFILE,
    *_names(
        "modelCode goodTillDate rule80A percentOffset settlingFirm shortSaleSlot designatedLocation"
        " exemptCode startingPrice stockRefPrice delta stockRangeLower stockRangeUpper displaySize"
        " sweepToFill allOrNone minQty ocaType triggerMethod volatility volatilityType"
        " deltaNeutralOrderType deltaNeutralAuxPrice"
    ),
    When(
        _is_delta_neutral,
        _names(
            "deltaNeutralConId deltaNeutralShortSale deltaNeutralShortSaleSlot"
            " deltaNeutralDesignatedLocation"
        ),
    ),
    *_names("continuousUpdate referencePriceType trailStopPrice trailingPercent"),
    *_COMBO_TOLD,
    *_names("clearingAccount clearingIntent notHeld"),
    *_NEUTRAL_CONTRACT,
    *_ALGO,
    *_names("solicited status randomizeSize randomizePrice"),
    _BENCHMARK,
    _CONDITIONS,
    *_names(
        "adjustedTrailStopPrice lmtPriceOffset cashQty dontUseAutoPriceForHedge isOmsContainer"
        " autoCancelDate filledQuantity refFuturesConId autoCancelParent shareholder imbalanceOnly"
        " routeMarketableToBbo parentPermId completedTime completedStatus"
    ),
    _PEG_OFFSETS,
)
