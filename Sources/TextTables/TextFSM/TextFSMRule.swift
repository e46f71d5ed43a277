internal import TextPatterns

/// A rule of a state: `^expression -> LineOperator.RecordOperator NewState`.
struct TextFSMRule: Sendable {
    enum LineOperation: String, Sendable, CaseIterable {
        case next = "Next"
        case `continue` = "Continue"
        case error = "Error"
    }
    enum RecordOperation: String, Sendable, CaseIterable {
        case none = "NoRecord"
        case record = "Record"
        case clear = "Clear"
        case clearAll = "Clearall"
    }
    enum Target: Sendable, Equatable {
        case same
        case state(Int)
        /// No further line, no record.
        case end
        /// No further line; the record is added unless the template declares the state.
        case endOfFile
    }

    var line: Int
    var pattern: LinePattern
    /// Values that groups of the pattern are assigned to, in order.
    var assignments: [(group: Int, value: Int)]
    var lineOperation = LineOperation.next
    var recordOperation = RecordOperation.none
    var target = Target.same
    /// For `Error`: what the template says about it.
    var message: String?
}

/// What stands behind `->`, read.
struct TextFSMAction: Equatable {
    var lineOperation: TextFSMRule.LineOperation?
    var recordOperation: TextFSMRule.RecordOperation?
    var newState: String?

    /// Reads `[LineOperator[.RecordOperator]|RecordOperator] [state|"text"]`; nil when it is none of that. An operator's
    /// name alone is an operator; where that cannot be, it is a state.
    init?(_ text: String) {
        if text.isEmpty { return }
        guard let first = text.unicodeScalars.first, PythonText.isSpace(first) else { return nil }
        let (word, rest) = PythonText.firstWord(of: text)
        if let operators = Self.operators(word) {
            (lineOperation, recordOperation) = operators
            if rest.isEmpty { return }
            guard let name = Self.stateName(rest) else { return nil }
            newState = name
            return
        }
        guard let name = Self.stateName(PythonText.stripped(text)) else { return nil }
        newState = name
    }

    private static func operators(_ word: String) -> (TextFSMRule.LineOperation?, TextFSMRule.RecordOperation?)? {
        let parts = word.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        guard parts.count <= 2, let first = parts.first else { return nil }
        if let line = TextFSMRule.LineOperation(rawValue: first) {
            if parts.count == 1 { return (line, nil) }
            guard let record = TextFSMRule.RecordOperation(rawValue: parts[1]) else { return nil }
            return (line, record)
        }
        guard parts.count == 1, let record = TextFSMRule.RecordOperation(rawValue: first) else { return nil }
        return (nil, record)
    }

    private static func stateName(_ text: String) -> String? {
        if text.utf8.count >= 2, text.utf8.first == 0x22, text.utf8.last == 0x22 { return text }
        return !text.isEmpty && text.unicodeScalars.allSatisfy(PythonText.isWord) ? text : nil
    }
}
