import Foundation
import JinjaTemplates

/// `add_md_toc`: a table of contents between two marks of a Markdown text.
enum MarkdownContents {
    static func added(_ arguments: Arguments, _ state: RenderState) throws(EvaluationError) -> TemplateValue {
        let bound = try arguments.bind(
            "add_md_toc", ["md_input", "skip_lines", "toc_levels", "toc_marker"], required: 1)
        func wrong(_ name: String, _ index: Int, _ rule: String) throws(EvaluationError) -> EvaluationError {
            // The collection names the type of `skip_lines` in every one of these messages.
            let value = try state.string(bound[index, fallback: .none])
            let type = AVDFilters.pythonType(bound[1, fallback: .int(0)])
            return EvaluationError(
                .typeError, "add_md_toc '\(name)' argument must be \(rule). Got '\(value)'(\(type)).")
        }
        func integer(_ value: TemplateValue) -> Int? {
            switch value {
            case .int(let number): number
            case .bool(let flag): flag ? 1 : 0
            default: nil
            }
        }
        guard let skipped = integer(bound[1, fallback: .int(0)]) else { throw try wrong("skip_lines", 1, "an integer") }
        guard let levels = integer(bound[2, fallback: .int(3)]), levels >= 1 else {
            throw try wrong("toc_levels", 2, ">0")
        }
        guard let mark = bound[3, fallback: .string("<!-- toc -->")].string, !mark.isEmpty else {
            throw try wrong("toc_marker", 3, "a non-empty string")
        }
        guard let text = bound[0]?.string else {
            throw EvaluationError(
                .typeError, "add_md_toc expects a string. Got \(AVDFilters.pythonType(bound[0, fallback: .none])).")
        }
        try state.charge(text.utf8.count >> 4)
        let lines = text.split(separator: "\n" as Unicode.Scalar)
        var places: [Int] = []
        var entries: [String] = []
        var anchors = Anchors()
        var lowest = 99
        for (number, line) in lines.enumerated() {
            if line == mark {
                places.append(number)
                continue
            }
            let level = line.utf8.prefix { $0 == UInt8(ascii: "#") }.count
            guard level > 0, line.utf8.dropFirst(level).first == 0x20 else { continue }
            let title = String(decoding: line.utf8.dropFirst(level + 1), as: UTF8.self)
            let anchor = anchors.next(title)
            if number < skipped || level > levels { continue }
            lowest = min(lowest, level)
            let indent = String(repeating: "  ", count: level - lowest)
            entries.append("\(indent)- [\(title)](#\(anchor))")
            try state.checkText(bytes: indent.utf8.count)
        }
        guard places.count == 2 else {
            throw EvaluationError(
                .valueError,
                "add_md_toc expects exactly two occurrences of the toc marker '\(mark)' on their own lines. Found \(places.count) occurrences."
            )
        }
        return .string((lines[..<places[0]] + entries + lines[(places[1] + 1)...]).joined(separator: "\n"))
    }

    /// The ids that Markdown gives to headings: a repeated one gets a number.
    private struct Anchors {
        private var used: Set<String> = []
        /// The last number tried for an id, so that thousands of equal headings do not start over each time.
        private var counters: [String: Int] = [:]

        mutating func next(_ title: String) -> String {
            let base = Self.plain(title)
            var (anchor, number) = (base, counters[base] ?? 0)
            while used.contains(anchor) {
                number += 1
                anchor = "\(base)-\(number)"
            }
            counters[base] = number
            used.insert(anchor)
            return anchor
        }

        private static func plain(_ title: String) -> String {
            var kept = ""
            for scalar in title.decomposedStringWithCompatibilityMapping.unicodeScalars where scalar.isASCII {
                if scalar.properties.isAlphabetic || scalar == "_" || scalar == "-"
                    || (0x30...0x39).contains(scalar.value)
                    || isPythonSpace(scalar)
                {
                    kept.unicodeScalars.append(scalar)
                }
            }
            var result = ""
            var isBreak = false
            for scalar in kept.trimmingPythonSpace().lowercased().unicodeScalars {
                if scalar == "-" || isPythonSpace(scalar) {
                    if !isBreak { result += "-" }
                    isBreak = true
                } else {
                    result.unicodeScalars.append(scalar)
                    isBreak = false
                }
            }
            return result
        }
    }
}

extension String {
    /// The pieces between each of a scalar, empty ones too; a line end is one scalar here, not part of a character.
    fileprivate func split(separator: Unicode.Scalar) -> [String] {
        unicodeScalars.split(separator: separator, omittingEmptySubsequences: false).map { String($0) }
    }
}
