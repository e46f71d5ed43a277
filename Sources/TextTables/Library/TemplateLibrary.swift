internal import Diagnostics
internal import Synchronization

/// A folder of templates with its index, as ntc-templates has them.
///
/// Templates are read and compiled when they are first needed, and kept. May be used from many threads.
package final class TemplateLibrary: Sendable {
    private let index: TemplateIndex
    private let load: @Sendable (String) throws(TextTableError) -> String
    private let limits: TextTableLimits
    private let known = Mutex<[String: TextFSMTemplate]>([:])

    /// - Parameters:
    ///   - index: The text of the index, `file` its path for messages.
    ///   - load: The text of a template by its name in the index.
    package init(
        index: String, file: String, limits: TextTableLimits = .standard,
        load: @escaping @Sendable (String) throws(TextTableError) -> String
    ) throws(TextTableError) {
        self.index = try TemplateIndex(index, file: file)
        self.limits = limits
        self.load = load
    }

    /// Name of the template for a command, or names separated by colons; nil when the index has none.
    package func templateName(platform: String, command: String) throws(TextTableError) -> String? {
        try index.templates(platform: platform, command: command)
    }

    /// What a command of a platform printed, as a table: what ntc-templates' `parse_output` returns.
    ///
    /// Column names are in lower case, and list items are texts. Where the index names several templates, the columns of
    /// the others are added to the rows of the first that have the same `Key` values, or without keys row by row.
    package func table(of output: String, platform: String, command: String) throws(TextTableError) -> TextTable {
        guard let names = try templateName(platform: platform, command: command) else {
            throw TextTableError(
                .noTemplate, "the index has no template for “\(command)” on \(platform)",
                remedy: "check the platform's name and the command's spelling, or give a template with --template FILE")
        }
        var merged: MergedTable?
        for name in PythonText.split(names, at: 0x3A) {
            let template = try self.template(name)
            let table = try template.table(of: output)
            if merged == nil {
                merged = MergedTable(table, keys: template.keys)
            } else {
                try merged?.add(table, keys: template.keys, file: template.file)
            }
        }
        var table = merged?.table ?? TextTable(header: [])
        table.header = table.header.map { $0.lowercased() }
        return table
    }

    private func template(_ name: String) throws(TextTableError) -> TextFSMTemplate {
        if let template = known.withLock({ $0[name] }) { return template }
        let template = try TextFSMTemplate(try load(name), file: name, limits: limits)
        known.withLock { $0[name] = template }
        return template
    }
}

/// Tables of several templates, joined.
private struct MergedTable {
    var table: TextTable
    private var keys: [String]

    init(_ table: TextTable, keys: [String]) {
        self.table = Self.printed(table)
        self.keys = keys
    }

    /// List items as texts: what `clitable` keeps of them.
    private static func printed(_ table: TextTable) -> TextTable {
        var table = table
        for row in table.rows.indices {
            for column in table.rows[row].indices {
                guard case .list(let items) = table.rows[row][column] else { continue }
                let isPlain = items.allSatisfy { if case .text = $0 { true } else { false } }
                if !isPlain { table.rows[row][column] = .list(items.map { .text(PythonText.printed($0)) }) }
            }
        }
        return table
    }

    mutating func add(_ other: TextTable, keys otherKeys: [String], file: String) throws(TextTableError) {
        if keys.isEmpty { keys = otherKeys }
        let other = Self.printed(other)
        if let key = keys.first(where: { !table.header.contains($0) }) {
            throw TextTableError(
                .merge, "the first template has no Value \(key), which is a Key", at: SourcePosition(file: file),
                remedy: "declare it in each template that the index names in one line")
        }
        let added = other.header.indices.filter { !table.header.contains(other.header[$0]) }
        guard !added.isEmpty else { return }
        let width = table.header.count
        table.header += added.map { other.header[$0] }
        for row in table.rows.indices { table.rows[row] += added.map { _ in .text("") } }
        if keys.isEmpty {
            for (row, from) in zip(table.rows.indices, other.rows) { fill(row, width, from, added) }
            return
        }
        let places = keys.compactMap { other.header.firstIndex(of: $0) }
        guard places.count == keys.count || table.rows.isEmpty || other.rows.isEmpty else {
            throw TextTableError(
                .merge, "the template lacks a Key of the first one (\(keys.joined(separator: ", ")))",
                at: SourcePosition(file: file), remedy: "declare the same Key values in each")
        }
        let own = keys.compactMap { table.header.firstIndex(of: $0) }
        // The first row with these keys counts.
        var byKey: [[TextTable.Cell]: Int] = [:]
        for (index, row) in other.rows.enumerated() {
            let key = places.map { row[$0] }
            if byKey[key] == nil { byKey[key] = index }
        }
        for row in table.rows.indices {
            if let from = byKey[own.map { table.rows[row][$0] }] { fill(row, width, other.rows[from], added) }
        }
    }

    private mutating func fill(_ row: Int, _ width: Int, _ from: [TextTable.Cell], _ added: [Int]) {
        for (offset, column) in added.enumerated() { table.rows[row][width + offset] = from[column] }
    }
}
