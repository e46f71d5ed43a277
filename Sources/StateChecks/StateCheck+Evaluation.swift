internal import SourceDocuments
internal import TextPatterns

extension StateCheck {
    /// Judges one moment. Pure.
    /// - Parameters:
    ///   - before: What the device showed before the change; needed for `compare: before`.
    ///   - after: What it shows now. Nil when it could not be read.
    package func evaluate(before: [UInt8]? = nil, after: [UInt8]?) -> CheckResult {
        guard let after else { return open("the device could not be asked") }
        let output: ParsedOutput
        do { output = try ParsedOutput(after, self) } catch { return open(error.what) }
        var results = expectations.map { $0.evaluate(output) }
        if comparesWithBefore { results.append(compare(before, output)) }
        guard !results.isEmpty else { return open("the check expects nothing") }
        let verdict = results.map(\.verdict).reduce(CheckResult.Verdict.proved) { $0.worse($1) }
        let telling = results.first { $0.verdict == verdict }
        let message = verdict == .proved ? results.map(\.message).joined(separator: "; ") : telling?.message ?? ""
        return CheckResult(check: id, proves: proves, verdict: verdict, message: message, expectations: results)
    }

    /// The result when there is no evidence.
    package func open(_ reason: String) -> CheckResult {
        CheckResult(check: id, proves: proves, verdict: .open, message: reason, expectations: [])
    }

    private func compare(_ before: [UInt8]?, _ after: ParsedOutput) -> ExpectationResult {
        let title =
            "the same as before" + (ignored.isEmpty ? "" : ", but for \(ignored.map(\.text).joined(separator: ", "))")
        guard let before else {
            return ExpectationResult(
                expectation: title, verdict: .open, message: "there is no output from before the change")
        }
        do throws(ParsedOutput.Failure) {
            let old = try ParsedOutput(before, self)
            return try OutputComparison(old: old, new: after, ignoring: ignored).result(title)
        } catch {
            return ExpectationResult(expectation: title, verdict: .open, message: "before or after: \(error.what)")
        }
    }
}

extension Expectation {
    func evaluate(_ output: ParsedOutput) -> ExpectationResult {
        do throws(ParsedOutput.Failure) {
            let values = try output.values(at: path)
            if values.isEmpty { return try nothingFound(output) }
            return try judge(values, isUntyped: output.isUntyped)
        } catch { return ExpectationResult(expectation: sentence, verdict: .open, message: error.what) }
    }

    /// Nothing matched: green only for an absence, and only when the place to look at is there.
    private func nothingFound(_ output: ParsedOutput) throws(ParsedOutput.Failure) -> ExpectationResult {
        guard StateCheck.mayMeanAbsence(quantity) else {
            let isCountOrExistence: Bool
            switch quantity {
            case .count, .exists: isCountOrExistence = true
            case .all, .any, .none: isCountOrExistence = false
            }
            return ExpectationResult(
                expectation: sentence, verdict: isCountOrExistence ? .failed : .open,
                message: "\(path.text) matches nothing in the output")
        }
        let place: ValuePath?
        switch (within, path) {
        case (let within?, _): place = within
        case (nil, .json(let query)): place = query.parent.map { .json($0) }
        case (nil, .xml): place = nil
        }
        guard let place, let found = try output.values(at: place).first else {
            return ExpectationResult(
                expectation: sentence, verdict: .open,
                message: "the place where \(path.text) would be is not in the output")
        }
        return ExpectationResult(
            expectation: sentence, verdict: .proved, message: "\(path.text) is absent, and \(found.path) is there",
            evidence: [Evidence(path: found.path, value: found.value.json, holds: true)])
    }

    private func judge(_ values: [FoundValue], isUntyped: Bool) throws(ParsedOutput.Failure) -> ExpectationResult {
        switch quantity {
        case .exists(let expected):
            return result(
                expected ? .proved : .failed, "\(path.text) matches \(values.count)", values.map { ($0, expected) })
        case .count(let tests):
            let verdict = try verdict(tests, .int(Int128(values.count)), isUntyped: false)
            return result(
                verdict == .holds ? .proved : .failed, "\(path.text) matches \(values.count)",
                values.map { ($0, verdict == .holds) })
        case .all(let tests):
            let judged = try judged(tests, values, isUntyped)
            let failing = judged.filter { $0.1 != .holds }
            guard let first = failing.first else { return result(.proved, "all \(values.count) hold", held(judged)) }
            return result(.failed, "\(failing.count) of \(values.count) do not hold: \(Self.told(first))", held(judged))
        case .any(let tests):
            let judged = try judged(tests, values, isUntyped)
            let holding = judged.filter { $0.1 == .holds }
            if !holding.isEmpty {
                return result(.proved, "\(holding.count) of \(values.count) hold", held(judged), first: true)
            }
            return result(.failed, "none of \(values.count) holds: \(judged.first.map(Self.told) ?? "")", held(judged))
        case .none(let tests):
            let judged = try judged(tests, values, isUntyped)
            if let odd = judged.first(where: { $0.1 == .wrongType }) {
                return result(.open, "cannot be judged: \(Self.told(odd))", held(judged))
            }
            let holding = judged.filter { $0.1 == .holds }
            guard let first = holding.first else {
                return result(.proved, "none of \(values.count) does", judged.map { ($0.0, true) })
            }
            return result(
                .failed, "\(holding.count) of \(values.count) do: \(first.0.path) is \(first.0.value.json)",
                judged.map { ($0.0, $0.1 != .holds) })
        }
    }

    private func judged(_ tests: [ValueTest], _ values: [FoundValue], _ isUntyped: Bool)
        throws(ParsedOutput.Failure) -> [(FoundValue, ValueTest.Verdict)]
    {
        var judged: [(FoundValue, ValueTest.Verdict)] = []
        for value in values { judged.append((value, try verdict(tests, value.value, isUntyped: isUntyped))) }
        return judged
    }

    private func verdict(_ tests: [ValueTest], _ value: PlainValue, isUntyped: Bool)
        throws(ParsedOutput.Failure) -> ValueTest.Verdict
    {
        var all = ValueTest.Verdict.holds
        for test in tests {
            do { all = all.and(try test.holds(for: value, isUntyped: isUntyped)) } catch {
                throw ParsedOutput.Failure(what: "\(error.what), in the pattern \(error.pattern)")
            }
        }
        return all
    }

    private func held(_ judged: [(FoundValue, ValueTest.Verdict)]) -> [(FoundValue, Bool)] {
        judged.map { ($0.0, $0.1 == .holds) }
    }

    private static func told(_ judged: (FoundValue, ValueTest.Verdict)) -> String {
        let type = judged.1 == .wrongType ? ", \(judged.0.value.kindForPeople), which it cannot be compared with" : ""
        return "\(judged.0.path) is \(judged.0.value.json)\(type)"
    }

    /// Evidence lists those that do not hold first, or those that do when they decide.
    private func result(
        _ verdict: CheckResult.Verdict, _ message: String, _ values: [(FoundValue, Bool)], first holding: Bool = false
    ) -> ExpectationResult {
        let ordered = values.filter { $0.1 == holding } + values.filter { $0.1 != holding }
        return ExpectationResult(
            expectation: sentence, verdict: verdict, message: message, matched: values.count,
            evidence: ordered.prefix(ExpectationResult.maximumEvidence).map {
                Evidence(path: $0.0.path, value: $0.0.value.json, holds: $0.1)
            })
    }
}
