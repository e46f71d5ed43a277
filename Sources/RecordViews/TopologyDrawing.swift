internal import AsBuiltRecords

/// The devices of a change and the links between them, as an SVG picture that needs no other file.
struct TopologyDrawing {
    struct Node: Equatable {
        var name: String
        var caption: String
        /// CSS class that colours it: an end state, or `outside` for what the change does not touch.
        var mark: String
    }
    let nodes: [Node]
    let links: [TopologyLink]

    private static let width = 860.0, rowHeight = 130.0, boxHeight = 46.0
    /// As wide as the longest name needs, within reason.
    private var boxWidth: Double {
        let longest = nodes.map { max($0.name.count * 9, $0.caption.count * 7) }.max() ?? 0
        return min(max(150, Double(longest) + 16), 220)
    }

    var svg: String {
        let rows = layers()
        let height = Double(rows.count) * Self.rowHeight + 10
        var place: [String: (x: Double, y: Double)] = [:]
        for (row, names) in rows.enumerated() {
            for (column, name) in names.enumerated() {
                let x = Self.width * (Double(column) + 0.5) / Double(names.count)
                place[name] = (x, Double(row) * Self.rowHeight + Self.rowHeight / 2)
            }
        }
        var picture = """
            <svg class="topology" viewBox="0 0 \(Int(Self.width)) \(Int(height))" role="img" aria-label="Topology">

            """
        for link in links {
            guard let a = place[link.a], let b = place[link.b] else { continue }
            picture += line(from: a, to: b)
            picture += label(link.aInterface, near: a, towards: b) + label(link.bInterface, near: b, towards: a)
        }
        for node in nodes {
            guard let at = place[node.name] else { continue }
            let (left, top) = (at.x - boxWidth / 2, at.y - Self.boxHeight / 2)
            picture += """
                <g class="node \(MarkupText.html(node.mark))"><rect x="\(round1(left))" y="\(round1(top))" \
                width="\(Int(boxWidth))" height="\(Int(Self.boxHeight))" rx="7"/>\
                <text x="\(round1(at.x))" y="\(round1(at.y - 3))">\(MarkupText.html(node.name))</text>\
                <text class="caption" x="\(round1(at.x))" y="\(round1(at.y + 14))">\(MarkupText.html(node.caption))\
                </text></g>

                """
        }
        return picture + "</svg>\n"
    }

    /// Rows from the outside in: breadth-first from the nodes that are not ours, else from the best connected one.
    private func layers() -> [[String]] {
        var neighbours: [String: Set<String>] = [:]
        for link in links {
            neighbours[link.a, default: []].insert(link.b)
            neighbours[link.b, default: []].insert(link.a)
        }
        let names = nodes.map(\.name).sorted()
        var roots = nodes.filter { $0.mark == "outside" }.map(\.name).sorted()
        if roots.isEmpty, let best = names.max(by: { (neighbours[$0]?.count ?? 0) < (neighbours[$1]?.count ?? 0) }) {
            roots = [best]
        }
        var rows: [[String]] = []
        var seen: Set<String> = []
        var current = roots
        while !current.isEmpty {
            rows.append(current)
            seen.formUnion(current)
            current = names.filter { name in
                !seen.contains(name) && neighbours[name]?.contains { rows[rows.count - 1].contains($0) } == true
            }
        }
        var rest = names.filter { !seen.contains($0) }
        while !rest.isEmpty {
            rows.append(Array(rest.prefix(5)))
            rest.removeFirst(min(5, rest.count))
        }
        return rows.flatMap { row in stride(from: 0, to: row.count, by: 5).map { Array(row[$0..<min($0 + 5, row.count)]) } }
    }

    private func line(from a: (x: Double, y: Double), to b: (x: Double, y: Double)) -> String {
        #"<line x1="\#(round1(a.x))" y1="\#(round1(a.y))" x2="\#(round1(b.x))" y2="\#(round1(b.y))"/>"# + "\n"
    }

    private func label(_ text: String, near a: (x: Double, y: Double), towards b: (x: Double, y: Double)) -> String {
        let (dx, dy) = (b.x - a.x, b.y - a.y)
        let length = max((dx * dx + dy * dy).squareRoot(), 1)
        // Just outside the box, on the line.
        let distance = min(length / 2 - 8, abs(dy) > abs(dx) * 0.4 ? 40 : 100)
        let (x, y) = (a.x + dx / length * distance, a.y + dy / length * distance)
        return #"<text class="port" x="\#(round1(x))" y="\#(round1(y + 4))">\#(MarkupText.html(text))</text>"# + "\n"
    }

    private func round1(_ value: Double) -> String {
        let tenths = Int((value * 10).rounded())
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(Double(tenths) / 10)"
    }
}
