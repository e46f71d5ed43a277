/// What a dialect says of single lines of a text.
extension CLIDialect {
    /// A header of the top level that someone indented: after an empty comment it does not belong to the section before.
    func opensTopSection(_ words: [CLIWord], inside context: Int32) -> Bool {
        guard context >= 0, context != rootContext, !fits(words, in: context) else { return false }
        return words.withUnsafeBufferPointer { words in
            guard let match = match(words, in: rootContext) else { return false }
            return rules[Int(match.rule)].isSection
        }
    }

    func fits(_ words: [CLIWord], in context: Int32) -> Bool {
        let first = words.first?.hash == negationHash && words.count > 1 ? 1 : 0
        return words.withUnsafeBufferPointer { match($0, from: first, in: context) != nil }
    }

    func isComment(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line) -> Bool {
        comments.contains { starts(bytes, line, with: $0) }
    }

    func isNoise(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line) -> Bool {
        noise.contains { prefix in
            guard bytes[line.start] == prefix[0] else { return false }
            // One blank of the prefix stands for any number of them.
            var at = line.start
            for byte in prefix {
                guard at < line.end, bytes[at] == byte || byte == 0x20 && CLIWords.isBlank(bytes[at]) else {
                    return false
                }
                at += 1
                if byte == 0x20 { while at < line.end, CLIWords.isBlank(bytes[at]) { at += 1 } }
            }
            // A prefix ends at a word's end, unless it ends in punctuation.
            return at == line.end || CLIWords.isBlank(bytes[at]) || !Self.isWordByte(prefix[prefix.count - 1])
        }
    }

    /// A prompt that was recorded with the text: `R1#`, alone or with the command that printed the text.
    func isPrompt(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line) -> Bool {
        guard line.indent == 0, line.start < line.end, Self.isWordByte(bytes[line.start]) else { return false }
        var at = line.start
        while at < line.end, bytes[at] != 0x23, bytes[at] != 0x3E {
            // A name, `user@name:~`, `RP/0/RP0/CPU0:name`, `name(config)`.
            guard Self.isWordByte(bytes[at]) || Self.promptBytes.contains(bytes[at]), at - line.start < 80 else {
                return false
            }
            at += 1
        }
        guard at < line.end else { return false }
        at += 1
        while at < line.end, bytes[at] == 0x20 { at += 1 }
        if at == line.end { return true }
        let rest = UnsafeRawBufferPointer(rebasing: bytes[at..<line.end])
        return Self.commandsThatPrint.contains { $0.count <= rest.count && rest.prefix($0.count).elementsEqual($0) }
    }

    private static let leaving = Array("exit-".utf8)
    private static let promptBytes = Set("-_.@/:()~".utf8)
    private static let commandsThatPrint = ["sh", "more ", "wr t", "write t", "info", "run sh", "term", "exit", "end"]
        .map { Array($0.utf8) }

    private static func isWordByte(_ byte: UInt8) -> Bool {
        (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20)
    }

    func starts(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line, with prefix: [UInt8]) -> Bool {
        guard line.end - line.start >= prefix.count, bytes[line.start] == prefix[0] else { return false }
        for offset in 1..<max(prefix.count, 1) where bytes[line.start + offset] != prefix[offset] { return false }
        return true
    }

    func isExit(_ bytes: UnsafeRawBufferPointer, _ line: IndentedReader.Line, _ words: [CLIWord]) -> Bool {
        guard let first = words.first else { return false }
        // `exit-locator-set`: a word that leaves a section of a family nobody knows.
        if words.count == 1, line.end - line.start > 5, Self.leaving.elementsEqual(bytes[line.start..<(line.start + 5)])
        {
            return true
        }
        guard mayLeave(first) else { return false }
        let text = UnsafeRawBufferPointer(rebasing: bytes[line.start..<line.end])
        return exits.contains(String(decoding: text, as: UTF8.self))
    }
}
