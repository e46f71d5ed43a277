package import AsBuiltRecords
internal import CanonicalData
internal import DeviceConfiguration
internal import Diagnostics

/// The as-built record as one self-contained HTML page: style and drawings inside, nothing fetched, no script.
package struct RecordPage {
    private let record: AsBuiltRecord
    private let closing: ClosingStatement?

    package init(_ record: AsBuiltRecord, closing: ClosingStatement? = nil) {
        (self.record, self.closing) = (record, closing)
    }

    package var html: String {
        let title = "As built: \(record.engagement.title)"
        return """
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <meta name="viewport" content="width=device-width, initial-scale=1">
            <meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
            <title>\(MarkupText.html(title))</title>
            <style>
            \(PageStyle.css)
            </style>
            </head>
            <body><main>
            <h1>\(MarkupText.html(title))</h1>
            <p class="soft">Engagement <code>\(MarkupText.html(record.engagement.id))</code>, cycle \
            \(record.engagement.cycle), ticket \(MarkupText.html(record.engagement.ticket))</p>
            \(facts)
            <h2>Topology</h2>
            \(topology)
            <h2>Acceptance criteria</h2>
            \(acceptance)
            <h2>Deviations</h2>
            \(deviations)
            <h2>Devices</h2>
            \(devices)
            <h2>Checks</h2>
            \(checks)
            <h2>Timeline</h2>
            \(TimelineDrawing(record.run).svg)
            \(timeline)
            <h2>Approvals</h2>
            \(approvals)
            <p class="soft">\(versions)</p>
            </main></body>
            </html>

            """
    }

    private func table(_ header: [String], _ rows: [[String]]) -> String {
        guard !rows.isEmpty else { return "<p class=\"soft\">none</p>\n" }
        var text = "<div class=\"scroll\"><table><thead><tr>"
        text += header.map { "<th>\(MarkupText.html($0))</th>" }.joined() + "</tr></thead>\n<tbody>\n"
        for row in rows { text += "<tr>" + row.map { "<td>\($0)</td>" }.joined() + "</tr>\n" }
        return text + "</tbody></table></div>\n"
    }

    private func badge(_ text: String) -> String {
        "<span class=\"badge \(Self.mark(text))\">\(MarkupText.html(text))</span>"
    }

    /// The colour class of a verdict, end state or outcome.
    static func mark(_ word: String) -> String {
        switch word {
        case "proved", "kept", "as-designed", "normalised", "unchanged", "closed": "good"
        case "failed", "missing", "side effect", "unexplained", "deviating", "unknown", "split": "bad"
        case "backed-out", "rolled-back-by-timer", "refused", "unreachable", "open", "unobservable": "warn"
        default: "plain"
        }
    }

    private func code(_ text: String) -> String { "<code>\(MarkupText.html(text))</code>" }
    private func evidence(_ digest: Digest?) -> String {
        digest.map { "<a href=\"evidence/\($0.hex)\">\(code($0.prefix))</a>" } ?? "–"
    }

    private var facts: String {
        let proved = record.acceptance.filter { $0.verdict == "proved" }.count
        let rows: [(String, String)] = [
            ("Outcome", badge(record.run.outcome)),
            ("Record", closing.map { badge("closed") + " by \(MarkupText.html($0.principal))" } ?? badge("open")),
            ("Criteria proved", "\(proved) of \(record.acceptance.count)"),
            ("Devices", "\(record.devices.count)"),
            ("Run", "\(code(record.run.id))<br>\(record.run.startedAt) to \(record.run.endedAt)"),
            ("Executor", MarkupText.html(record.run.executor)),
            ("Trust", MarkupText.html(record.trust)),
        ]
        return "<div class=\"facts\">" + rows.map { "<div><b>\($0.0)</b>\($0.1)</div>" }.joined(separator: "\n")
            + "</div>"
    }

    private var topology: String {
        let ours = Set(record.devices.map(\.device))
        let others = Set(record.links.flatMap { [$0.a, $0.b] }).subtracting(ours)
        let nodes =
            record.devices.map {
                TopologyDrawing.Node(
                    name: $0.device, caption: "\($0.platform) · \($0.endState.rawValue)",
                    mark: Self.mark($0.endState.rawValue))
            } + others.sorted().map { TopologyDrawing.Node(name: $0, caption: "not touched", mark: "outside") }
        return TopologyDrawing(nodes: nodes, links: record.links).svg
    }

    private var acceptance: String {
        table(
            ["criterion", "statement", "verdict", "because"],
            record.acceptance.map { row in
                [
                    MarkupText.html(row.id), MarkupText.html(row.statement), badge(row.verdict),
                    row.because.map(code).joined(separator: "<br>"),
                ]
            })
    }

    private var deviations: String {
        table(
            ["id", "device", "what", "reason"],
            record.deviations.map { deviation in
                [
                    MarkupText.html(deviation.id), MarkupText.html(deviation.device ?? "–"),
                    MarkupText.html(deviation.what),
                    MarkupText.html(closing?.reasons[deviation.id] ?? "not given yet"),
                ]
            })
            + (record.learnings + (closing?.learnings ?? [])).map { "<p>Learned: \(MarkupText.html($0))</p>\n" }
            .joined()
    }

    private var devices: String {
        table(
            ["device", "end state", "strategy", "protection", "before", "planned", "captured"],
            record.devices.map { device in
                [
                    MarkupText.html(device.device), badge(device.endState.rawValue), MarkupText.html(device.strategy),
                    MarkupText.html(device.protection.rawValue), device.baseDigest.map { code($0.prefix) } ?? "–",
                    device.plannedDigest.map { code($0.prefix) } ?? "–",
                    device.capturedDigest.map { code($0.prefix) } ?? "–",
                ]
            }) + record.devices.map(detail).joined()
    }

    private func detail(of device: DeviceRecord) -> String {
        var text = "<h3>\(MarkupText.html(device.device))</h3>\n"
        text += device.remarks.map { "<p>\(MarkupText.html($0))</p>\n" }.joined()
        if device.forward.isEmpty {
            text += "<p class=\"soft\">Nothing was sent.</p>\n"
        } else {
            text += "<pre>" + diffLines(device.diff) + "</pre>\n"
        }
        if !device.entries.isEmpty {
            text +=
                "<details open><summary>What became of each line</summary>\n"
                + table(
                    ["verdict", "sent", "the device shows", "from", "variables"], device.entries.map(entryRow))
                + "</details>\n"
        }
        var rows = [["running configuration", evidence(device.runningBefore), evidence(device.runningAfter)]]
        rows += device.captures.map { [code($0.command), evidence($0.before), evidence($0.after)] }
        if let transcript = device.transcript { rows.append(["transcript", "–", evidence(transcript)]) }
        return text + "<details><summary>Evidence</summary>\n" + table(["what", "before", "after"], rows)
            + "</details>\n"
    }

    private func entryRow(_ entry: Reconciliation.Entry) -> [String] {
        let origin = entry.provenance
        return [
            badge(entry.verdict.rawValue) + (entry.rule.map { "<br><span class=\"soft\">\(MarkupText.html($0))</span>" } ?? ""),
            code((entry.path + [entry.sent].compactMap { $0 }).joined(separator: " › ")),
            entry.captured.map(code) ?? "–",
            origin.map { place in
                MarkupText.html(place.clause) + "<br>"
                    + place.positions.map { code($0.description) }.joined(separator: " ← ")
            } ?? "–",
            origin.map { place in
                place.variables.sorted { $0.key < $1.key }.map { code("\($0.key) = \($0.value)") }
                    .joined(separator: "<br>")
            } ?? "–",
        ]
    }

    private func diffLines(_ diff: String) -> String {
        diff.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            let kind = line.hasPrefix("+") ? "add" : line.hasPrefix("-") ? "del" : "ctx"
            return "<span class=\"\(kind)\">\(MarkupText.html(String(line)))</span>"
        }.joined()
    }

    private var checks: String {
        table(
            ["check", "device", "proves", "result", "found", "evidence"],
            record.checks.map { check in
                [
                    code(check.id), MarkupText.html(check.device), MarkupText.html(check.proves ?? "–"),
                    badge(check.result), check.details.map(MarkupText.html).joined(separator: "<br>"),
                    check.evidence.map { evidence($0) }.joined(separator: " "),
                ]
            })
    }

    private var timeline: String {
        "<details><summary>\(record.run.timeline.count) moments</summary>\n"
            + table(
                ["at (UTC)", "device", "what"],
                record.run.timeline.map {
                    [code($0.at), MarkupText.html($0.device ?? "–"), MarkupText.html($0.what)]
                }) + "</details>\n"
    }

    private var approvals: String {
        "<p class=\"soft\">Verified at \(MarkupText.html(record.verifiedAt)).</p>\n"
            + table(
                ["gate", "manifest", "signed by", "valid until"],
                record.gates.map { gate in
                    [
                        MarkupText.html(gate.gate), code(gate.manifest.hex),
                        gate.signers.map { "\(MarkupText.html($0.principal))<br>\(code($0.fingerprint))" }
                            .joined(separator: "<br>"), MarkupText.html(gate.validUntil),
                    ]
                })
    }

    private var versions: String {
        "Made by "
            + record.versions.sorted { $0.key < $1.key }.map { MarkupText.html("\($0.key) \($0.value)") }
            .joined(separator: ", ") + ". Check this record with <code>asbuilt verify</code>."
    }
}
