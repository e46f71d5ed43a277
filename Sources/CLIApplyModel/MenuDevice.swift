import CLIConfiguration

/// A RouterOS device while lines are typed into it: menus of items, an item a list of properties.
struct MenuDevice {
    private struct Item {
        /// `add`, or `set` for what is always there.
        var verb: String
        var selector: String
        var properties: [(name: String, value: String)]

        func has(_ wanted: [(name: String, value: String)]) -> Bool {
            wanted.allSatisfy { want in properties.contains { $0.name == want.name && $0.value == want.value } }
        }

        mutating func set(_ name: String, _ value: String) {
            if let place = properties.firstIndex(where: { $0.name == name }) {
                properties[place].value = value
            } else {
                properties.append((name, value))
            }
        }
    }

    private var menus: [(name: String, items: [Item])] = []
    private var refused: [CLIApplyModel.Refusal] = []
    private var withoutEffect: [Int] = []
    private let defaults: [String: [(name: String, value: String)]]
    private let ordered: Set<String>

    static func typing(_ commands: [String], into tree: CLITree) -> CLIApplyModel.Outcome {
        var device = MenuDevice(tree)
        for (index, line) in commands.enumerated() { device.type(line, index) }
        return CLIApplyModel.Outcome(
            tree: CLITree(parsing: device.printed, file: "after \(tree.file)", dialect: tree.dialect),
            refused: device.refused, withoutEffect: device.withoutEffect)
    }

    private init(_ tree: CLITree) {
        var known: [String: [(name: String, value: String)]] = [:]
        for (name, text) in tree.dialect.settings where name.hasPrefix("default:") {
            known[String(name.dropFirst(8)).replacing("_", with: " ")] = CLIWords.strings(text).compactMap { Self.property($0) }
        }
        defaults = known
        ordered = Set(CLIWords.strings(tree.dialect.settings["ordered-menus"] ?? "").map { $0.replacing("_", with: " ") })
        for menu in tree.root.children {
            let items = menu.children.map { node in
                let title = Self.words(node.text)
                let isAdded = title.first == "add"
                return Item(
                    verb: title.first ?? "set", selector: isAdded ? "" : title.dropFirst().joined(separator: " "),
                    properties: node.children.compactMap { Self.property($0.text) })
            }
            menus.append((menu.text, items))
        }
    }

    /// The configuration as an export has it.
    private var printed: String {
        var text = ""
        for menu in menus where !menu.items.isEmpty {
            text += menu.name + "\n"
            for item in menu.items where item.verb == "add" || !item.properties.isEmpty {
                let words = [item.verb, item.selector] + item.properties.map { "\($0.name)=\"\($0.value)\"" }
                text += words.filter { !$0.isEmpty }.joined(separator: " ") + "\n"
            }
        }
        return text
    }

    // MARK: Words

    private static func words(_ text: String) -> [String] {
        var (result, word) = ([String](), "")
        var (depth, quoted, escaped) = (0, false, false)
        for character in text.unicodeScalars {
            if character == " ", depth == 0, !quoted {
                if !word.isEmpty { result.append(word) }
                word = ""
                continue
            }
            if escaped { escaped = false } else if character == "\\" { escaped = true }
            else if character == "\"" { quoted.toggle() }
            else if character == "[", !quoted { depth += 1 }
            else if character == "]", !quoted { depth -= 1 }
            word.unicodeScalars.append(character)
        }
        return word.isEmpty ? result : result + [word]
    }

    private static func property(_ word: String) -> (name: String, value: String)? {
        guard !word.hasPrefix("["), let equals = word.firstIndex(of: "=") else { return nil }
        let value = word[word.index(after: equals)...]
        let bare = value.hasPrefix("\"") && value.hasSuffix("\"") && value.count > 1 ? value.dropFirst().dropLast() : value
        return (String(word[..<equals]), String(bare))
    }

    // MARK: Typing

    private mutating func type(_ line: String, _ index: Int) {
        let all = Self.words(line)
        guard let verbAt = all.firstIndex(where: { ["add", "set", "remove", "move"].contains($0) }), verbAt > 0 else {
            refuse(index, line, "bad command name")
            return
        }
        let name = all[..<verbAt].joined(separator: " ")
        if !menus.contains(where: { $0.name == name }) { menus.append((name, [])) }
        let menu = menus.firstIndex { $0.name == name } ?? 0
        let arguments = Array(all[(verbAt + 1)...])
        switch all[verbAt] {
        case "add": add(arguments, menu, index, line)
        case "set": set(arguments, menu, index, line)
        case "remove":
            let places = find(arguments.first ?? "", menu)
            if places.isEmpty { withoutEffect.append(index) }
            for place in places.reversed() { menus[menu].items.remove(at: place) }
        default: move(arguments, menu, index, line)
        }
    }

    private mutating func add(_ arguments: [String], _ menu: Int, _ index: Int, _ line: String) {
        var item = Item(verb: "add", selector: "", properties: [])
        var place = menus[menu].items.count
        for (name, value) in arguments.compactMap({ Self.property($0) }) {
            guard name == "place-before" else {
                item.set(name, value)
                continue
            }
            let found = find(value, menu)
            guard found.count == 1 else {
                refuse(index, line, "place-before names \(found.count) items")
                return
            }
            place = found[0]
        }
        if let name = item.properties.first(where: { $0.name == "name" }), !ordered.contains(menus[menu].name),
            menus[menu].items.contains(where: { $0.has([name]) && $0.verb == "add" })
        {
            // Static host names may repeat; objects may not.
            if menus[menu].name != "/ip dns static" {
                refuse(index, line, "failure: already have such name")
                return
            }
        }
        menus[menu].items.insert(item, at: place)
    }

    private mutating func set(_ arguments: [String], _ menu: Int, _ index: Int, _ line: String) {
        let isProperty = { (word: String) in Self.property(word) != nil || word.hasPrefix("!") }
        let selector = arguments.filter { !isProperty($0) }.joined(separator: " ")
        var places = find(selector, menu).filter { menus[menu].items[$0].verb == "add" }
        if places.isEmpty {
            let fixed = menus[menu].items.firstIndex { $0.verb == "set" && $0.selector == selector }
            if fixed == nil { menus[menu].items.append(Item(verb: "set", selector: selector, properties: [])) }
            places = [fixed ?? menus[menu].items.count - 1]
        }
        for place in places {
            for word in arguments where isProperty(word) {
                guard let (name, value) = Self.property(word) else {
                    menus[menu].items[place].properties.removeAll { $0.name == word.dropFirst() }
                    continue
                }
                let hidden = name == "comment" && value.isEmpty
                    || (defaults[menus[menu].name] ?? []).contains { $0.name == name && $0.value == value }
                if hidden {
                    menus[menu].items[place].properties.removeAll { $0.name == name }
                } else {
                    menus[menu].items[place].set(name, value)
                }
            }
        }
    }

    private mutating func move(_ arguments: [String], _ menu: Int, _ index: Int, _ line: String) {
        let found = find(arguments.first ?? "", menu)
        guard found.count == 1 else {
            refuse(index, line, "\(found.count) items to move")
            return
        }
        var target = menus[menu].items.count
        if let destination = arguments.dropFirst().compactMap({ Self.property($0) }).first {
            let places = find(destination.value, menu)
            guard places.count == 1 else {
                refuse(index, line, "the destination names \(places.count) items")
                return
            }
            target = places[0]
        }
        let item = menus[menu].items.remove(at: found[0])
        menus[menu].items.insert(item, at: target > found[0] ? target - 1 : target)
    }

    /// The places that `[find …]` or `[:pick [find] 3]` means.
    private func find(_ selector: String, _ menu: Int) -> [Int] {
        guard selector.hasPrefix("["), selector.hasSuffix("]") else { return [] }
        let words = Self.words(String(selector.dropFirst().dropLast()))
        let items = menus[menu].items
        if words.first == ":pick", let number = words.last.flatMap({ Int($0) }) {
            return items.indices.contains(number) ? [number] : []
        }
        guard words.first == "find" else { return [] }
        let wanted = words.dropFirst().compactMap { Self.property($0) }
        return items.indices.filter { items[$0].has(wanted) && items[$0].verb == "add" }
    }

    private mutating func refuse(_ index: Int, _ line: String, _ reason: String) {
        refused.append(CLIApplyModel.Refusal(index: index, line: line, reason: reason))
    }
}
