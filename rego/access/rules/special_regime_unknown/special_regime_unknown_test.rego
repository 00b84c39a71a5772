package access.rules.special_regime_unknown_test

import data.access.facts
import data.access.rules.special_regime_unknown

test_an_unknown_regime_is_not_decided if {
	doubted := {special_regime |
		some special_regime in facts.special_regime
		special_regime_unknown.doubt with input as {"special_regime": special_regime}
	}

	doubted == {"unknown"}
}
