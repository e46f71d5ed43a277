/// The line a person or a script types at a terminal, with the echo a readline-like editor gives.
///
/// It knows the width of the terminal, and wraps as readline does: past the last column it writes the next character,
/// a carriage return and that character again.
struct LineEditor: Sendable {
    /// Longest line that is kept; further characters ring the bell.
    static let maximumLineBytes = 4096

    enum Event: Equatable, Sendable {
        case line(String)
        /// Ctrl-C: the line is dropped.
        case interrupted
        /// Ctrl-Z.
        case endOfMode
        /// Ctrl-D on an empty line.
        case endOfInput
        /// `?`: help for what was typed so far.
        case help(String)
        /// TAB.
        case complete(String)
    }

    private(set) var buffer: [UInt8] = []
    private var column = 0
    private var lastWasReturn = false
    /// 0: no terminal, nothing wraps.
    var columns: Int

    init(columns: Int) { self.columns = columns }

    /// The prompt was written: the cursor stands behind it.
    mutating func prompted(_ prompt: String) { column = prompt.utf8.count }

    /// Takes one byte; appends the echo to `echo`.
    mutating func take(_ byte: UInt8, echo: inout [UInt8]) -> Event? {
        let afterReturn = lastWasReturn
        lastWasReturn = byte == 13
        switch byte {
        case 10 where afterReturn: return nil
        case 10, 13:
            echo += columns > 0 ? [13, 10] : [10]
            let line = String(decoding: buffer, as: UTF8.self)
            buffer = []
            return .line(line)
        case 3:
            echo += [13, 10]
            buffer = []
            return .interrupted
        case 4 where buffer.isEmpty: return .endOfInput
        case 26:
            buffer = []
            return .endOfMode
        case 8, 127:
            if buffer.popLast() != nil {
                echo += [8, 32, 8]
                column = max(column - 1, 0)
            }
            return nil
        case 21:
            echo += [UInt8](repeating: 8, count: buffer.count) + Array("\u{1B}[K".utf8)
            column = max(column - buffer.count, 0)
            buffer = []
            return nil
        case 63: return .help(String(decoding: buffer, as: UTF8.self))
        case 9: return .complete(String(decoding: buffer, as: UTF8.self))
        case 0..<32: return nil
        default:
            insert(byte, echo: &echo)
            return nil
        }
    }

    /// Puts a byte at the end of the line, as typed or as completed.
    mutating func insert(_ byte: UInt8, echo: inout [UInt8]) {
        guard buffer.count < Self.maximumLineBytes else {
            echo.append(7)
            return
        }
        buffer.append(byte)
        if columns > 0, column >= columns {
            echo += [byte, 13]
            column = 0
        }
        echo.append(byte)
        column += 1
    }
}
