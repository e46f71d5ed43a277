/// The items of a menu as a device holds them while commands are typed, for those who name one of them in a command.
struct MenuList {
    /// Items in their order, as offsets into `items`.
    private var order: [Int] = []
    /// The same by key.
    private var keys: [UInt64] = []
    private var items: [(selector: String, words: Set<UInt64>)] = []
    /// Items that are there, by each of their properties.
    private var holders: [UInt64: Set<Int>] = [:]

    var count: Int { order.count }

    func place(of key: UInt64) -> Int? { keys.firstIndex(of: key) }

    mutating func insert(_ key: UInt64, _ selector: String, _ properties: [String], at place: Int) {
        let words = Set(properties.map { TextHash.of($0) })
        for word in words { holders[word, default: []].insert(items.count) }
        order.insert(items.count, at: place)
        keys.insert(key, at: place)
        items.append((selector, words))
    }

    mutating func remove(at place: Int) {
        let item = order.remove(at: place)
        keys.remove(at: place)
        for word in items[item].words { holders[word]?.remove(item) }
    }

    /// By its properties where no other item has them all, else by its place.
    func select(_ place: Int) -> String {
        let own = items[order[place]].words
        // Those who share the rarest property are looked at, which is most often nobody else.
        let rarest = own.map { holders[$0] ?? [] }.min { $0.count < $1.count }
        let rivals = rarest.map { $0.count { own.isSubset(of: items[$0].words) } } ?? order.count
        return rivals > 1 ? "[:pick [find] \(place)]" : items[order[place]].selector
    }
}
