import Testing
import TestSupport
import WorkspaceStore

@Suite struct UTCInstantTests {
    @Test(arguments: [
        ("1970-01-01T00:00:00.000Z", 0), ("2026-11-24T00:05:09.123Z", 1_795_478_709_123),
        ("2000-02-29T23:59:59.999Z", 951_868_799_999), ("1969-12-31T23:59:59.999Z", -1),
    ])
    func `a moment is printed and parsed as RFC 3339 in UTC`(text: String, milliseconds: Int64) {
        #expect(UTCInstant(milliseconds: milliseconds).description == text)
        #expect(UTCInstant(text)?.milliseconds == milliseconds)
    }

    @Test(arguments: [
        "", "2026-02-29T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-24T24:00:00Z", "2026-11-24 00:00:00Z",
        "2026-11-24T00:00:00+01:00", "2026-11-24T00:00:00,123Z",
    ])
    func `what is not a moment is refused`(text: String) { #expect(UTCInstant(text) == nil) }

    @Test func `printing and parsing agree on random moments`() {
        var generator = SeededGenerator(seed: 1)
        for _ in 0..<2000 {
            let instant = UTCInstant(
                milliseconds: .random(in: -1_000_000_000_000...9_000_000_000_000, using: &generator))
            #expect(UTCInstant(instant.description) == instant)
        }
    }
}

@Suite struct RunIDTests {
    @Test func `a later run sorts after an earlier one`() throws {
        var generator = SeededGenerator(seed: 7)
        let first = RunID(openedAt: try #require(UTCInstant("2026-11-24T00:05:09.123Z")), using: &generator)
        let second = RunID(openedAt: try #require(UTCInstant("2026-11-24T00:05:09.124Z")), using: &generator)
        #expect(first < second)
        #expect(first.text.hasPrefix("20261124T000509123Z-"))
        #expect(RunID(first.text) == first)
    }

    @Test(arguments: ["", "20261124T000509123Z", "20261124T000509123Z-5F3A9C1E", "../../../../../../etc/passwd1"])
    func `what is not a run's name is refused`(text: String) { #expect(RunID(text) == nil) }
}

@Suite struct LeaseOwnerTests {
    @Test func `a process knows that it runs and that one with another start is gone`() {
        var owner = LeaseOwner.current()
        #expect(owner.isGone() == false)
        owner.processStart += 1
        #expect(owner.isGone() == true)
    }

    @Test func `nothing is said about a process on another host`() {
        var owner = LeaseOwner.current()
        owner.host += "-other"
        #expect(owner.isGone() == nil)
    }

    @Test func `after a restart of the host every earlier process is gone`() {
        var owner = LeaseOwner.current()
        owner.bootID = "00000000-0000-0000-0000-000000000000"
        #expect(owner.isGone() == true)
    }
}
