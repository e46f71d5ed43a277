internal import XMLDocuments

/// `<edit-config>` on trees without a schema (RFC 6241 §7.2), as far as that can be done by names and guessed keys.
struct XMLTreeEditing {
    let rules: XMLListRules
    static let netconf = XMLElement.netconfNamespace

    /// Why an edit cannot be carried out.
    struct Refusal: Error {
        var what: String
        var position: XMLPosition?
    }

    // MARK: applying

    func apply(_ edits: [XMLElement], to tree: inout [XMLElement]) throws(Refusal) {
        for edit in edits { try apply(edit, to: &tree, [], "merge") }
    }

    private func apply(_ edit: XMLElement, to siblings: inout [XMLElement], _ outer: [XMLName], _ inherited: String)
        throws(Refusal)
    {
        let path = outer + [edit.name]
        let operation = edit.attribute("operation", in: Self.netconf) ?? inherited
        let existing = find(edit, in: siblings, path, operation)
        switch operation {
        case "merge":
            guard let index = existing else { return siblings.append(try created(edit, path)) }
            siblings[index] = try merged(edit, into: siblings[index], path)
        case "create":
            if existing != nil {
                throw Refusal(what: "<\(edit.local)> is to be created and exists", position: edit.position)
            }
            siblings.append(Self.plain(edit))
        case "replace":
            if let index = existing { siblings[index] = Self.plain(edit) } else { siblings.append(Self.plain(edit)) }
        case "delete", "remove":
            if let index = existing {
                siblings.remove(at: index)
            } else if operation == "delete" {
                throw Refusal(what: "<\(edit.local)> is to be deleted and is not there", position: edit.position)
            }
        default:
            throw Refusal(what: "operation \"\(operation)\" is not known here", position: edit.position)
        }
    }

    private func find(_ edit: XMLElement, in siblings: [XMLElement], _ path: [XMLName], _ operation: String) -> Int? {
        if let index = siblings.firstIndex(where: { rules.areSame($0, edit, at: path) }) { return index }
        // The value of a leaf that goes need not be given (E-8).
        guard operation == "delete" || operation == "remove", edit.children.isEmpty else { return nil }
        let named = siblings.indices.filter { siblings[$0].name == edit.name }
        return named.count == 1 ? named.first : nil
    }

    private func merged(_ edit: XMLElement, into old: XMLElement, _ path: [XMLName]) throws(Refusal) -> XMLElement {
        var result = old
        for attribute in Self.plain(edit).attributes
        where !result.attributes.contains(where: { $0.name == attribute.name }) {
            result.attributes.append(attribute)
        }
        guard edit.hasElements else {
            // An empty element in an edit says that the container is there.
            if old.hasElements { return result }
            (result.children, result.namespaces) = (edit.children, edit.namespaces)
            return result
        }
        var children = old.elements
        for child in edit.elements { try apply(child, to: &children, path, "merge") }
        result.children = children.map { .element($0) }
        return result
    }

    /// What an edit makes where nothing is: its content, with what it deletes inside left out.
    private func created(_ edit: XMLElement, _ path: [XMLName]) throws(Refusal) -> XMLElement {
        var result = Self.plain(edit)
        guard edit.hasElements else { return result }
        var children: [XMLElement] = []
        for child in edit.elements { try apply(child, to: &children, path, "merge") }
        result.children = children.map { .element($0) }
        return result
    }

    /// Without the attributes that are instructions.
    private static func plain(_ element: XMLElement) -> XMLElement {
        var copy = element
        copy.attributes = element.attributes.filter { $0.name.namespace.isEmpty }
        copy.children = element.children.map { child in
            switch child {
            case .element(let inner): .element(plain(inner))
            case .text: child
            }
        }
        return copy
    }

    // MARK: making

    /// Content of `<config>` that leads from one tree to another under merge; and whether it does so for sure. What has no
    /// key cannot be named for sure, and what may be no list entry at all is not deleted.
    func edit(from old: [XMLElement], to new: [XMLElement]) -> (elements: [XMLElement], isComplete: Bool) {
        var isComplete = true
        let elements = edit(old, new, [], &isComplete)
        return (elements, isComplete)
    }

    private func edit(_ old: [XMLElement], _ new: [XMLElement], _ outer: [XMLName], _ isComplete: inout Bool)
        -> [XMLElement]
    {
        var result: [XMLElement] = []
        var left = old
        for element in new {
            let path = outer + [element.name]
            guard let index = left.firstIndex(where: { rules.areSame($0, element, at: path) }) else {
                result.append(element)
                continue
            }
            let before = left.remove(at: index)
            if before.comparedTree == element.comparedTree { continue }
            guard before.hasElements, element.hasElements else {
                var copy = element
                // Between a leaf and a container only replacing is sure.
                if before.hasElements || element.hasElements { copy.attributes.append(Self.operation("replace")) }
                result.append(copy)
                continue
            }
            let inside = edit(before.elements, element.elements, path, &isComplete)
            if inside.isEmpty { continue }
            result.append(shell(element, path, inside))
        }
        for gone in left {
            let path = outer + [gone.name]
            if rules.doubtful.contains(path) {
                isComplete = false
                continue
            }
            switch rules.rule(path) {
            case .positional: isComplete = false
            case .list, .leafList, .single:
                var copy = shell(gone, path, [])
                copy.attributes = [Self.operation("delete")]
                result.append(copy)
            }
        }
        return result
    }

    /// An element with only what names it, and `inside`.
    private func shell(_ element: XMLElement, _ path: [XMLName], _ inside: [XMLElement]) -> XMLElement {
        var copy = element
        copy.attributes = []
        switch rules.rule(path) {
        case .list(let count):
            let keys = element.elements.prefix(count).prefix { !$0.hasElements }
            copy.children =
                keys.map { .element($0) }
                + inside.filter { inner in !keys.contains { $0.name == inner.name } }.map { .element($0) }
        case .leafList: break
        case .single, .positional: copy.children = inside.map { .element($0) }
        }
        return copy
    }

    private static func operation(_ value: String) -> XMLAttribute {
        XMLAttribute(XMLName("operation", in: netconf), prefix: "nc", value: value)
    }
}

extension XMLElement {
    /// The tree with names and values as they are compared.
    var comparedTree: XMLElement {
        var copy = XMLElement(name)
        copy.attributes = attributes.filter { $0.name.namespace.isEmpty }
        copy.children =
            hasElements
            ? elements.map { .element($0.comparedTree) } : comparedValue.isEmpty ? [] : [.text(comparedValue)]
        return copy
    }
}
