import Diagnostics

/// What words and properties of RouterOS lines look like, for those who read single ones.
enum MenuLine {
    /// Words at blanks; quoted text and what is in brackets is one word, its blanks made single.
    static func words(_ line: String) -> [String] {
        var result: [String] = []
        var word: [UInt8] = []
        var (depth, isQuoted, isEscaped) = (0, false, false)
        func end() {
            if !word.isEmpty { result.append(String(decoding: word, as: UTF8.self)) }
            word = []
        }
        for byte in line.utf8 {
            if isEscaped {
                isEscaped = false
                word.append(byte)
                continue
            }
            switch byte {
            case 0x5C where isQuoted: isEscaped = true
            case 0x22: isQuoted.toggle()
            case 0x5B where !isQuoted: depth += 1
            case 0x5D where !isQuoted:
                depth = max(0, depth - 1)
                while word.last == 0x20 { word.removeLast() }
            case 0x20, 0x09:
                if isQuoted { break }
                if depth == 0 {
                    end()
                } else if word.last != 0x20, word.last != 0x5B {
                    word.append(0x20)
                }
                continue
            default: break
            }
            word.append(byte)
        }
        end()
        return result
    }

    /// The name and the value of `name=value`; nil for any other word.
    static func property(_ word: String) -> (name: String, value: String)? {
        let first = word.utf8.first
        if first == 0x21, word.utf8.count > 1 { return (String(word.dropFirst()), "") }
        guard first != 0x5B, let equals = word.utf8.firstIndex(of: 0x3D), equals != word.utf8.startIndex else {
            return nil
        }
        var value = word[word.utf8.index(after: equals)...]
        if value.utf8.count >= 2, value.utf8.first == 0x22, value.utf8.last == 0x22 {
            value = value[value.utf8.index(after: value.startIndex)..<value.utf8.index(before: value.endIndex)]
        }
        return (String(word[..<equals]), String(value))
    }
}

/// A word of a line of RouterOS: where it stands in a tree's buffer.
private struct MenuWord {
    var text: Range<Int>
    /// Hashes of the name and the value of `name=value` and `!name`; nil for any other word.
    var property: (name: UInt64, value: UInt64)?
    /// Equal for words that say the same, quoted or not.
    var hash: UInt64
}

/// What is known of a menu while an export is read.
private struct Menu {
    var section: Int
    var key: UInt64
    /// The order of its items is content.
    var isOrdered: Bool
    /// Hashes of the names of the properties that tell its items apart; empty where the dialect names none.
    var identity: [UInt64]
}

private struct MenuReading {
    var current = "/"
    var menus: [String: Menu] = [:]
    var items = KeyTable()
    /// Of rules that stand there several times: the key of the last one.
    var lastCopies: [UInt64: UInt64] = [:]
    var words: [MenuWord] = []
}

extension CLITree {
    /// Reads an export: a menu holds items, an item holds its properties.
    mutating func parseMenus() {
        let bytes = source
        var reading = MenuReading()
        var joined: [UInt8] = []
        bytes.withUnsafeBytes { raw in
            var reader = IndentedReader(raw)
            var first = -1
            while let line = reader.next() {
                // A line is broken anywhere, also inside quotes; the break and the blanks after it are not content.
                let goesOn = line.end > line.start && raw[line.end - 1] == 0x5C
                if first < 0, !goesOn {
                    read(UnsafeRawBufferPointer(rebasing: raw[line.start..<line.end]), line: line.number, &reading)
                    continue
                }
                if first < 0 { first = line.number }
                joined += raw[line.start..<(goesOn ? line.end - 1 : line.end)]
                if goesOn { continue }
                joined.withUnsafeBytes { read($0, line: first, &reading) }
                (first, joined) = (-1, [])
            }
            if first >= 0 { joined.withUnsafeBytes { read($0, line: first, &reading) } }
        }
    }

    private mutating func read(_ line: UnsafeRawBufferPointer, line number: Int, _ reading: inout MenuReading) {
        if line.isEmpty { return }
        if line[0] == 0x23 {
            noiseLines.append(number)
            return
        }
        reading.words.removeAll(keepingCapacity: true)
        split(line, into: &reading.words)
        var first = 0
        if let start = reading.words.first, buffer[start.text.lowerBound] == 0x2F {
            first = reading.words.firstIndex { MenuVerbs.hashes.contains($0.hash) } ?? reading.words.count
            let path = reading.words[..<first].flatMap { buffer[$0.text].split(separator: 0x2F) }
            reading.current = "/" + path.map { String(decoding: $0, as: UTF8.self) }.joined(separator: " ")
        }
        let menu = menu(line: number, &reading)
        if first < reading.words.count {
            addItem(reading.words[first], reading.words[(first + 1)...], to: menu, line: number, &reading)
        }
    }

    /// Appends the words of a line to the buffer: cut at blanks; quoted text and what is in brackets is one word, its blanks
    /// made single.
    private mutating func split(_ line: UnsafeRawBufferPointer, into words: inout [MenuWord]) {
        var start = buffer.count
        var (depth, isQuoted, isEscaped) = (0, false, false)
        var at = 0
        while at < line.count {
            // Most of a line means nothing to it.
            let plain = at
            while at < line.count, Self.isPlain(line[at]) { at += 1 }
            if at > plain, !isEscaped {
                buffer.append(contentsOf: UnsafeRawBufferPointer(rebasing: line[plain..<at]))
                continue
            }
            at = plain
            let byte = line[at]
            at += 1
            if isEscaped {
                isEscaped = false
                buffer.append(byte)
                continue
            }
            switch byte {
            case 0x5C where isQuoted: isEscaped = true
            case 0x22: isQuoted.toggle()
            case 0x5B where !isQuoted: depth += 1
            case 0x5D where !isQuoted:
                depth = max(0, depth - 1)
                while buffer.count > start, buffer[buffer.count - 1] == 0x20 { buffer.removeLast() }
            case 0x20, 0x09:
                if isQuoted { break }
                if depth == 0 {
                    if buffer.count > start { words.append(word(start..<buffer.count)) }
                    start = buffer.count
                } else if buffer.count == start || buffer[buffer.count - 1] != 0x20 && buffer[buffer.count - 1] != 0x5B
                {
                    buffer.append(0x20)
                }
                continue
            default: break
            }
            buffer.append(byte)
        }
        if buffer.count > start { words.append(word(start..<buffer.count)) }
    }

    /// Neither a blank nor a mark.
    private static func isPlain(_ byte: UInt8) -> Bool {
        byte > 0x22 && byte < 0x5B || byte > 0x5D || byte == 0x21
    }

    private func word(_ text: Range<Int>) -> MenuWord {
        buffer.withUnsafeBytes { bytes in
            func hash(_ range: Range<Int>) -> UInt64 { TextHash.of(UnsafeRawBufferPointer(rebasing: bytes[range])) }
            func property(_ name: Range<Int>, _ value: Range<Int>) -> MenuWord {
                let (nameHash, valueHash) = (hash(name), hash(value))
                return MenuWord(text: text, property: (nameHash, valueHash), hash: TextHash.mix(nameHash, valueHash))
            }
            let first = bytes[text.lowerBound]
            if first == 0x21, text.count > 1 {
                return property(text.lowerBound + 1..<text.upperBound, text.upperBound..<text.upperBound)
            }
            guard first != 0x5B, first != 0x3D, let equals = bytes[text].firstIndex(of: 0x3D) else {
                return MenuWord(text: text, property: nil, hash: hash(text))
            }
            var value = equals + 1..<text.upperBound
            if value.count >= 2, bytes[value.lowerBound] == 0x22, bytes[value.upperBound - 1] == 0x22 {
                value = value.lowerBound + 1..<value.upperBound - 1
            }
            return property(text.lowerBound..<equals, value)
        }
    }

    /// The menu that lines stand in, made where it is new.
    private mutating func menu(line: Int, _ reading: inout MenuReading) -> Menu {
        if let known = reading.menus[reading.current] { return known }
        let key = TextHash.of(reading.current)
        let start = buffer.count
        buffer += Array(reading.current.utf8)
        var node = Node(start: Int32(start), end: Int32(buffer.count), parent: 0, line: Int32(line), flags: .section)
        (node.key, node.own) = (key, key)
        let menu = Menu(
            section: append(node), key: key, isOrdered: dialect.orderedMenus.contains(reading.current),
            identity: dialect.identity(in: reading.current).map { TextHash.of($0) })
        reading.menus[reading.current] = menu
        return menu
    }

    private func made(_ text: Range<Int>, below parent: Int, line: Int, key: UInt64) -> Node {
        var node = Node(
            start: Int32(text.lowerBound), end: Int32(text.upperBound), parent: Int32(parent), line: Int32(line))
        (node.key, node.own) = (key, key)
        return node
    }

    private mutating func addItem(
        _ verb: MenuWord, _ arguments: ArraySlice<MenuWord>, to menu: Menu, line: Int, _ reading: inout MenuReading
    ) {
        lineCount += 1
        let adds = verb.hash == MenuVerbs.add
        guard adds || verb.hash == MenuVerbs.set else {
            let text = joined(verb, arguments)
            let key = buffer.withUnsafeBytes { TextHash.of(UnsafeRawBufferPointer(rebasing: $0[text])) }
            var node = made(text, below: menu.section, line: line, key: key)
            node.flags = .unknown
            unknownCount += 1
            append(node)
            return
        }
        let title = adds ? identity(of: arguments, in: menu) : arguments.filter { $0.property == nil }
        var key = (title.map(\.hash) + [verb.hash]).sorted().reduce(menu.key) { TextHash.mix($0, $1) }
        let isOrdered = adds && menu.isOrdered
        if isOrdered, reading.items.contains(key) {
            // The same rule twice is two rules.
            let first = key
            key = reading.lastCopies[first] ?? first
            while reading.items.contains(key) { key = TextHash.mix(key, 29) }
            reading.lastCopies[first] = key
        }
        let item: Int
        if let known = reading.items.insert(key, nodes.count) {
            item = known
        } else {
            var node = made(joined(verb, title[...]), below: menu.section, line: line, key: key)
            node.flags = isOrdered ? [.section, .ordered] : .section
            item = append(node)
        }
        for word in arguments { addProperty(word, to: item, line: line) }
    }

    /// The properties that tell an item from the others of its menu.
    private func identity(of arguments: ArraySlice<MenuWord>, in menu: Menu) -> [MenuWord] {
        func first(_ wanted: UInt64) -> MenuWord? { arguments.first { $0.property?.name == wanted } }
        let found = menu.identity.compactMap { first($0) }
        if !found.isEmpty { return found }
        if !menu.isOrdered, let name = first(MenuVerbs.name) { return [name] }
        return arguments.filter { $0.property != nil }
    }

    /// Words with blanks between them, appended to the buffer.
    private mutating func joined(_ verb: MenuWord, _ words: ArraySlice<MenuWord>) -> Range<Int> {
        let start = buffer.count
        // Byte by byte: a slice would hold the buffer, which then had to be copied.
        for place in verb.text { buffer.append(buffer[place]) }
        for word in words {
            buffer.append(0x20)
            for place in word.text { buffer.append(buffer[place]) }
        }
        return start..<buffer.count
    }

    private mutating func addProperty(_ word: MenuWord, to item: Int, line: Int) {
        guard let (name, value) = word.property else { return }
        var node = made(word.text, below: item, line: line, key: name)
        node.own = word.hash
        let isOn = name == MenuVerbs.disabled && value == MenuVerbs.no
        if isOn || buffer[word.text.lowerBound] == 0x21 { node.flags = .neutral }
        append(node)
    }

    /// The name and value of a property node.
    func property(_ index: Int) -> (name: String, value: String)? { MenuLine.property(text(index)) }

    /// The secret a property holds.
    func menuSecret(_ index: Int) -> (name: String, value: String)? {
        // A property's key is the hash of its name.
        guard nodes[index].firstChild < 0, dialect.secretWordHashes.contains(nodes[index].key),
            let property = property(index), !property.value.isEmpty
        else { return nil }
        return property
    }
}

/// Words that mean something in every menu.
private enum MenuVerbs {
    static let hashes = Set(["add", "set", "remove", "move", "enable", "disable", "unset"].map { TextHash.of($0) })
    static let add = TextHash.of("add")
    static let set = TextHash.of("set")
    static let name = TextHash.of("name")
    static let disabled = TextHash.of("disabled")
    static let no = TextHash.of("no")
}

extension CLIDialect {
    private static func underscored(_ menu: String) -> String { menu.replacing(" ", with: "_") }

    /// Names of the properties that tell an item from the others of its menu; empty where its `name` does, or all of them.
    fileprivate func identity(in menu: String) -> [String] {
        CLIWords.strings(settings["key:" + Self.underscored(menu)] ?? "")
    }

    /// What a property of a menu has when an export does not show it.
    func defaultValue(of name: String, in menu: String) -> String? {
        CLIWords.strings(settings["default:" + Self.underscored(menu)] ?? "").compactMap { MenuLine.property($0) }
            .first { $0.name == name }?.value
    }
}
