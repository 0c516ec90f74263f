# Thin on purpose: dev/cli holds the logic, so that it can be tested.
export PORT

.PHONY: help run test soak bench lint format i18n lock stop clean

help run lint format i18n lock stop clean:
	@dev/cli $@

test soak:
	@dev/cli $@ $(TESTS)

bench:
	@dev/cli $@ $(ROWS)
