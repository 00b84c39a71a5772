package access.rules.special_regime_governs_test

import data.access.facts
import data.access.rules.special_regime_governs

test_only_data_without_a_known_regime_stays_here if {
	passed := {special_regime |
		some special_regime in facts.special_regime
		not special_regime_governs.refer with input as {"special_regime": special_regime}
	}

	passed == {"none", "unknown"}
}
