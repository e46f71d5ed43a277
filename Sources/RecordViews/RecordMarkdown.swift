package import AsBuiltRecords
internal import CanonicalData
internal import DeviceConfiguration
internal import Diagnostics

/// The as-built record as a Markdown page: the same facts as `record.json`, for people.
package struct RecordMarkdown {
    private let record: AsBuiltRecord
    private let closing: ClosingStatement?

    package init(_ record: AsBuiltRecord, closing: ClosingStatement? = nil) {
        (self.record, self.closing) = (record, closing)
    }

    package var text: String {
        var page = head + acceptance + devices + checks + deviations
        for device in record.devices { page += details(of: device) }
        return page + timeline + gates + footer
    }

    private func table(_ header: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "none\n\n" }
        var text = "| " + header.joined(separator: " | ") + " |\n"
        text += "|" + String(repeating: " --- |", count: header.count) + "\n"
        for row in rows { text += "| " + row.joined(separator: " | ") + " |\n" }
        return text + "\n"
    }

    private var state: String {
        guard let closing else { return "**open**: waits for `asbuilt close`" }
        return "**closed** by \(MarkupText.markdown(closing.principal)), claimed \(closing.claimedAt)"
    }

    private var head: String {
        let e = record.engagement
        return """
            # As built: \(MarkupText.markdown(e.title))

            | | |
            | --- | --- |
            | engagement | \(MarkupText.code(e.id)), cycle \(e.cycle) |
            | ticket | \(MarkupText.markdown(e.ticket)) |
            | outcome | **\(MarkupText.markdown(record.run.outcome))** (exit status \(record.run.exitStatus)) |
            | record | \(state) |
            | run | \(MarkupText.code(record.run.id)), \(record.run.startedAt) to \(record.run.endedAt) |
            | executor | \(MarkupText.markdown(record.run.executor)) |
            | trust | \(MarkupText.markdown(record.trust)) |


            """
    }

    private var acceptance: String {
        "## Acceptance criteria\n\n"
            + table(
                ["criterion", "statement", "verdict", "because"],
                record.acceptance.map { row in
                    [
                        MarkupText.markdown(row.id), MarkupText.markdown(row.statement), "**\(row.verdict)**",
                        row.because.map(MarkupText.code).joined(separator: ", "),
                    ]
                })
    }

    private var devices: String {
        "## Devices\n\n"
            + table(
                ["device", "platform", "end state", "protection", "before", "planned", "captured"],
                record.devices.map { device in
                    [
                        "[\(MarkupText.markdown(device.device))](#\(anchor(device.device)))", device.platform,
                        "**\(device.endState.rawValue)**", device.protection.rawValue, short(device.baseDigest),
                        short(device.plannedDigest), short(device.capturedDigest),
                    ]
                })
    }

    private var checks: String {
        "## Checks\n\n"
            + table(
                ["check", "device", "proves", "result", "found"],
                record.checks.map { check in
                    [
                        MarkupText.code(check.id), MarkupText.markdown(check.device), check.proves ?? "–",
                        "**\(check.result)**", check.details.map(MarkupText.markdown).joined(separator: "; "),
                    ]
                })
    }

    private var deviations: String {
        var text = "## Deviations\n\n"
        text += table(
            ["id", "device", "what", "reason"],
            record.deviations.map { deviation in
                [
                    deviation.id, MarkupText.markdown(deviation.device ?? "–"), MarkupText.markdown(deviation.what),
                    closing.map { MarkupText.markdown($0.reasons[deviation.id] ?? "–") } ?? "not given yet",
                ]
            })
        let learnings = record.learnings + (closing?.learnings ?? [])
        if !learnings.isEmpty {
            text += "## Learnings\n\n" + learnings.map { "* \(MarkupText.markdown($0))\n" }.joined() + "\n"
        }
        return text
    }

    private func details(of device: DeviceRecord) -> String {
        var text = "## \(MarkupText.markdown(device.device))\n\n"
        text += "\(MarkupText.markdown(device.strategy)), protection: \(device.protection.rawValue)"
        if let key = device.hostKeyFingerprint { text += ", host key \(MarkupText.code(key))" }
        text += "\n\n"
        for remark in device.remarks { text += "* \(MarkupText.markdown(remark))\n" }
        if !device.remarks.isEmpty { text += "\n" }
        if device.forward.isEmpty {
            text += "Nothing was sent.\n\n"
        } else {
            text += "What was approved to change:\n\n" + MarkupText.block(device.diff, language: "diff") + "\n"
        }
        if !device.entries.isEmpty {
            text += "What became of it, line by line:\n\n"
            text += table(
                ["verdict", "sent", "the device shows", "from", "variables"],
                device.entries.map { entry in
                    [
                        "**\(entry.verdict.rawValue)**" + (entry.rule.map { " (\(MarkupText.markdown($0)))" } ?? ""),
                        MarkupText.code((entry.path + [entry.sent].compactMap { $0 }).joined(separator: " › ")),
                        entry.captured.map(MarkupText.code) ?? "–", source(of: entry), variables(of: entry),
                    ]
                })
        }
        text += table(
            ["evidence", "before", "after"],
            [["running configuration", evidence(device.runningBefore), evidence(device.runningAfter)]]
                + device.captures.map { [MarkupText.code($0.command), evidence($0.before), evidence($0.after)] }
                + (device.transcript.map { [["transcript", "–", evidence($0)]] } ?? []))
        return text
    }

    private func source(of entry: Reconciliation.Entry) -> String {
        guard let origin = entry.provenance else { return "–" }
        let places = origin.positions.map { MarkupText.code($0.description) }.joined(separator: " ← ")
        return "\(MarkupText.markdown(origin.clause)): \(places)"
    }

    private func variables(of entry: Reconciliation.Entry) -> String {
        guard let names = entry.provenance?.variables, !names.isEmpty else { return "–" }
        return names.sorted { $0.key < $1.key }.map { MarkupText.code("\($0.key) = \($0.value)") }
            .joined(separator: ", ")
    }

    private var timeline: String {
        "## Timeline\n\n"
            + table(
                ["at (UTC)", "device", "what"],
                record.run.timeline.map {
                    [$0.at, MarkupText.markdown($0.device ?? "–"), MarkupText.markdown($0.what)]
                })
    }

    private var gates: String {
        "## Approvals\n\nVerified at \(record.verifiedAt).\n\n"
            + table(
                ["gate", "manifest", "signed by", "valid until"],
                record.gates.map { gate in
                    [
                        gate.gate, MarkupText.code(gate.manifest.hex),
                        gate.signers.map { "\(MarkupText.markdown($0.principal)) \(MarkupText.code($0.fingerprint))" }
                            .joined(separator: "<br>"), gate.validUntil,
                    ]
                })
    }

    private var footer: String {
        let versions = record.versions.sorted { $0.key < $1.key }
            .map { "\(MarkupText.markdown($0.key)) \(MarkupText.markdown($0.value))" }.joined(separator: ", ")
        return """
            ---

            Made by: \(versions). Check this record with `asbuilt verify` on the folder above; by hand with
            `sha256sum -c` on the manifest and `ssh-keygen -Y verify` on its signatures.

            """
    }

    private func short(_ digest: Digest?) -> String { digest.map { MarkupText.code($0.prefix) } ?? "–" }
    private func evidence(_ digest: Digest?) -> String {
        digest.map { "[`\($0.prefix)`](evidence/\($0.hex))" } ?? "–"
    }
    private func anchor(_ name: String) -> String {
        String(name.lowercased().filter { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" })
    }
}
