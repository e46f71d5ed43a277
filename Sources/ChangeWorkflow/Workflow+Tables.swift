package import Diagnostics
internal import Foundation
internal import TextTables

/// Output of show commands as rows, without devices.
extension Workflow {
    /// What a device printed, as rows: with `template`, or with the one that the index in `folder` names for a command.
    package func parse(_ file: String, platform: String?, command: String?, template: String?, folder: String?)
        throws(Findings) -> WorkflowAnswer
    {
        let output = try tableText(file)
        let table: TextTable
        do throws(TextTableError) {
            switch (template, platform, command) {
            case (let template?, nil, nil):
                var read = try TextFSMTemplate(try templateText(template), file: template).table(of: output)
                read.header = read.header.map { $0.lowercased() }
                table = read
            case (nil, let platform?, let command?):
                guard let folder, !folder.isEmpty else { throw Self.noFolder }
                let library = try TemplateLibrary(
                    index: try templateText(folder + "/index"), file: folder + "/index"
                ) { name throws(TextTableError) in
                    guard !name.isEmpty, !name.split(separator: "/").contains("..") else {
                        throw TextTableError(
                            .missingTemplate, "the index names “\(name)”, which is no file of its folder",
                            remedy: "correct the index")
                    }
                    return try templateText(folder + "/" + name)
                }
                table = try library.table(of: output, platform: platform, command: command)
            default:
                throw TextTableError(
                    .noTemplate, "it is not clear which template to use",
                    remedy: "give --platform P and --command C, or --template FILE alone")
            }
        } catch { throw Findings([error.finding]) }
        let report = TableReport(
            platform: platform, command: command, columns: table.header,
            rows: table.rows.map { row in
                Dictionary(zip(table.header, row.map(TableReport.Value.init)), uniquingKeysWith: { $1 })
            })
        return WorkflowAnswer(text: safeForDisplay(Self.columns(table)), json: CanonicalText.of(report))
    }

    private static let noFolder = TextTableError(
        .noTemplate, "no folder with templates is given",
        remedy: """
            pip install ntc-templates, then give --templates DIR or set NTC_TEMPLATES_DIR to what this prints: \
            python3 -c 'import ntc_templates; print(ntc_templates.__path__[0] + "/templates")'
            """)

    private func tableText(_ path: String) throws(Findings) -> String {
        guard let text = String(validating: try bytes(of: path), as: UTF8.self) else {
            throw Findings([
                Finding(
                    code: "file.not-utf8", what: "\(path) is not UTF-8 text", at: SourcePosition(file: path),
                    remedy: "convert it, for example with `iconv -f latin1 -t utf8`")
            ])
        }
        return text
    }

    private func templateText(_ path: String) throws(TextTableError) -> String {
        do { return try tableText(path) } catch {
            let first = error.all.first
            throw TextTableError(
                .missingTemplate, first?.what ?? "\(path) cannot be read", at: SourcePosition(file: path),
                remedy: first?.remedy ?? "check the name and the permissions")
        }
    }

    /// Rows below their column names, each column as wide as its widest cell.
    private static func columns(_ table: TextTable) -> String {
        guard !table.rows.isEmpty else { return "" }
        let lines = [table.header] + table.rows.map { $0.map(\.line) }
        var widths = [Int](repeating: 0, count: table.header.count)
        for line in lines {
            for (column, cell) in line.enumerated() { widths[column] = max(widths[column], cell.count) }
        }
        return lines.map { line in
            let cells = zip(line, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var text = cells.joined(separator: "  ")
            while text.last == " " { text.removeLast() }
            return text
        }.joined(separator: "\n")
    }
}

extension TextTable.Cell {
    /// For one line of a table.
    fileprivate var line: String {
        switch self {
        case .text(let text): text
        case .list(let items):
            items.map { item in
                switch item {
                case .text(let text): text
                case .null: "–"
                case .groups(let groups): groups.map { "\($0.name)=\($0.text ?? "–")" }.joined(separator: " ")
                }
            }.joined(separator: ", ")
        }
    }
}

private struct TableReport: Encodable {
    enum Value: Encodable {
        case text(String)
        case list([TextTable.Item])

        init(_ cell: TextTable.Cell) {
            switch cell {
            case .text(let text): self = .text(text)
            case .list(let items): self = .list(items)
            }
        }

        func encode(to encoder: any Encoder) throws {
            switch self {
            case .text(let text):
                var container = encoder.singleValueContainer()
                try container.encode(text)
            case .list(let items):
                var container = encoder.unkeyedContainer()
                for item in items {
                    switch item {
                    case .text(let text): try container.encode(text)
                    case .null: try container.encodeNil()
                    case .groups(let groups):
                        try container.encode(Dictionary(groups.map { ($0.name, $0.text) }, uniquingKeysWith: { $1 }))
                    }
                }
            }
        }
    }
    var asbuilt = "table/v1"
    var platform: String?
    var command: String?
    var columns: [String]
    var rows: [[String: Value]]
}
