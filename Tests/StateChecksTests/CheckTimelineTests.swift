import SourceDocuments
import Testing

@testable import StateChecks

@Suite struct CheckTimelineTests {
    private let start = ContinuousClock.now

    private func timeline(eventually: Duration?, stable: Duration?, interval: Duration = .seconds(2)) throws
        -> CheckTimeline
    {
        let node = try SourceDocument.yaml("all", file: "c.yaml").root
        let check = StateCheck(
            id: "c", proves: [], devices: node, show: "x", format: .json, expectations: [], eventually: eventually,
            stable: stable, source: "c.yaml:1:1")
        return CheckTimeline(check, start: start, interval: interval)
    }

    private func result(_ verdict: CheckResult.Verdict) -> CheckResult {
        CheckResult(check: "c", proves: [], verdict: verdict, message: "\(verdict)", expectations: [])
    }

    private func at(_ seconds: Double) -> ContinuousClock.Instant { start + .seconds(seconds) }

    @Test func `without times the first look decides`() throws {
        for verdict in [CheckResult.Verdict.proved, .failed, .open] {
            var timeline = try timeline(eventually: nil, stable: nil)
            #expect(timeline.sampled(result(verdict), at: start) == .decided(result(verdict)))
        }
    }

    @Test func `it is looked at until it holds`() throws {
        var timeline = try timeline(eventually: .seconds(10), stable: nil)
        #expect(timeline.sampled(result(.failed), at: at(0)) == .sample(at: at(2)))
        #expect(timeline.sampled(result(.open), at: at(2)) == .sample(at: at(4)))
        #expect(timeline.sampled(result(.proved), at: at(4)) == .decided(result(.proved)))
        #expect(timeline.samples == 3)
    }

    @Test func `at the deadline the last look decides`() throws {
        var timeline = try timeline(eventually: .seconds(5), stable: .seconds(60))
        #expect(timeline.sampled(result(.failed), at: at(0)) == .sample(at: at(2.5)))
        #expect(timeline.sampled(result(.failed), at: at(2.5)) == .sample(at: at(5)))
        #expect(timeline.sampled(result(.open), at: at(5)) == .decided(result(.open)))
        #expect(timeline.sampled(result(.proved), at: at(6)) == .decided(result(.open)))
    }

    @Test func `it must keep holding`() throws {
        var timeline = try timeline(eventually: .seconds(10), stable: .seconds(6))
        #expect(timeline.sampled(result(.proved), at: at(0)) == .sample(at: at(2)))
        #expect(timeline.sampled(result(.failed), at: at(2)) == .sample(at: at(4)))
        #expect(timeline.sampled(result(.proved), at: at(4)) == .sample(at: at(6)))
        #expect(timeline.sampled(result(.proved), at: at(6)) == .sample(at: at(8)))
        #expect(timeline.sampled(result(.proved), at: at(8)) == .sample(at: at(10)))
        #expect(timeline.sampled(result(.proved), at: at(10)) == .decided(result(.proved)))
    }

    @Test func `a lapse after the deadline is a failure and says how long it held`() throws {
        var timeline = try timeline(eventually: nil, stable: .seconds(6))
        #expect(timeline.sampled(result(.proved), at: at(0)) == .sample(at: at(2)))
        guard case .decided(let decided) = timeline.sampled(result(.failed), at: at(2.5)) else {
            Issue.record("not decided")
            return
        }
        #expect(decided.verdict == .failed)
        #expect(decided.message == "held for 2.5 s only, then: failed")
    }

    @Test func `no look comes sooner than the interval, and one falls on each deadline`() throws {
        for (eventually, stable) in [(7.0, 3.0), (3.0, 5.0), (90.0, 15.0), (1.0, 1.0)] {
            var timeline = try timeline(eventually: .seconds(eventually), stable: .seconds(stable))
            var (now, looks) = (start, [start])
            // Holds from the deadline on.
            while case .sample(let next) = timeline.sampled(result(now < at(eventually) ? .failed : .proved), at: now) {
                #expect(next - now >= .seconds(2))
                now = next
                looks.append(now)
            }
            #expect(looks.count < 100)
            #expect(eventually < 2 || looks.contains(at(eventually)))
            guard case .decided(let decided) = timeline.sampled(result(.failed), at: now) else {
                Issue.record("not decided")
                return
            }
            #expect(decided.verdict == .proved)
        }
    }
}
