import NETCONFProtocol
import XMLDocuments

extension LabRouter {
    /// `<create-subscription>` with the checks of RFC 5277 §2.1.1.
    mutating func subscribe(
        _ session: UInt32, stream: String?, filter: NETCONFFilter?, startTime: String?, stopTime: String?,
        at now: LabInstant
    ) throws(LabRouterRefusal) {
        guard notifications.subscriptions[session] == nil else {
            throw LabRouterRefusal(.operationFailed("this session has a subscription already"))
        }
        if let stream, stream != "NETCONF" { throw LabRouterRefusal(.invalidValue("there is no stream \(stream)")) }
        var wanted: [XMLElement]?
        switch filter {
        case nil: break
        case .subtree(let elements)?: wanted = elements
        case .xpath?:
            throw LabRouterRefusal(
                .badAttribute("type", element: "filter", message: "events are filtered by subtree only", .protocol))
        }
        let start = try startTime.map { text throws(LabRouterRefusal) in try moment(text, "startTime") }
        let stop = try stopTime.map { text throws(LabRouterRefusal) in try moment(text, "stopTime") }
        if let start, start > now {
            throw LabRouterRefusal(.badElement("startTime", message: "startTime is in the future"))
        }
        if let stop {
            guard let start else { throw LabRouterRefusal(.missingElement("startTime")) }
            guard stop >= start else {
                throw LabRouterRefusal(.badElement("stopTime", message: "stopTime is before startTime"))
            }
        }
        notifications.subscribe(session, .init(filter: wanted, stopsAt: stop), from: start, at: now)
    }

    /// RFC 3339 text as a moment of the lab; before its start counts as its start.
    private func moment(_ text: String, _ element: String) throws(LabRouterRefusal) -> LabInstant {
        guard let seconds = Self.seconds(text) else {
            throw LabRouterRefusal(.badElement(element, message: "\(element) is no date and time with a zone"))
        }
        return LabInstant.start + .seconds(Int64(max(0, seconds - epoch)))
    }

    /// `2026-11-27T10:00:00[.5](Z|+01:00)` in seconds since 1970; fractions are dropped.
    static func seconds(_ text: String) -> Int? {
        let bytes = Array(text.utf8)
        guard bytes.count >= 20 else { return nil }
        func number(_ range: Range<Int>) -> Int? {
            bytes[range].allSatisfy { (0x30...0x39).contains($0) }
                ? bytes[range].reduce(0) { $0 * 10 + Int($1 - 0x30) } : nil
        }
        let marks: [(Int, Character)] = [(4, "-"), (7, "-"), (10, "T"), (13, ":"), (16, ":")]
        guard marks.allSatisfy({ bytes[$0.0] == $0.1.asciiValue }), let year = number(0..<4), let month = number(5..<7),
            let day = number(8..<10), let hour = number(11..<13), let minute = number(14..<16),
            let second = number(17..<19), (1...12).contains(month), (1...31).contains(day), hour < 24, minute < 60,
            second < 61
        else { return nil }
        var index = 19
        if bytes[index] == UInt8(ascii: ".") {
            index += 1
            while index < bytes.count, (0x30...0x39).contains(bytes[index]) { index += 1 }
        }
        guard index < bytes.count else { return nil }
        var offset = 0
        if bytes[index] == UInt8(ascii: "Z"), index + 1 == bytes.count {
            offset = 0
        } else if bytes.count == index + 6, let hours = number(index + 1..<index + 3),
            let minutes = number(index + 4..<index + 6)
        {
            offset = (hours * 60 + minutes) * 60 * (bytes[index] == UInt8(ascii: "-") ? -1 : 1)
        } else {
            return nil
        }
        // Days since 1970 of a civil date (proleptic Gregorian, years that start in March).
        let march = month > 2 ? year : year - 1
        let era = march / 400
        let ofEra = march % 400
        let ofYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1
        let days = era * 146_097 + ofEra * 365 + ofEra / 4 - ofEra / 100 + ofYear - 719_468
        return days * 86_400 + hour * 3_600 + minute * 60 + second - offset
    }

    func who(_ session: UInt32) -> (id: UInt32, user: String) { (session, sessions[session]?.user ?? "") }

    /// The one stream there is (N-8).
    var streams: XMLElement {
        let namespace = NETCONFNamespace.streams
        func leaf(_ name: String, _ text: String) -> XMLElement { XMLElement(name, in: namespace, text: text) }
        return XMLElement(
            "netconf", in: namespace,
            [
                XMLElement(
                    "streams", in: namespace,
                    [
                        XMLElement(
                            "stream", in: namespace,
                            [
                                leaf("name", "NETCONF"), leaf("description", "what happens on this router"),
                                leaf("replaySupport", "true"), leaf("replayLogCreationTime", time(.start)),
                            ])
                    ])
            ])
    }
}
