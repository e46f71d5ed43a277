/// The offset of `needle` in `bytes` at or after `start`.
///
/// Compares at each place, as texts are usually short, and goes over to Knuth, Morris and Pratt's table once that costs
/// more than a few steps a byte: time is linear whatever the bytes.
package func findBytes(
    _ needle: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
) -> Int? {
    guard needle.count <= bytes.count - start else { return nil }
    guard let first = needle.first else { return start }
    var index = start
    let last = bytes.count - needle.count
    var budget = 4 * (bytes.count - start) + 256
    while index <= last {
        if bytes[index] == first {
            var matched = 1
            while matched < needle.count, bytes[index + matched] == needle[matched] { matched += 1 }
            if matched == needle.count { return index }
            budget -= matched
            if budget < 0 { return findWithTable(needle, in: bytes, from: index + 1) }
        }
        index += 1
    }
    return nil
}

private func findWithTable(
    _ needle: UnsafeBufferPointer<UInt8>, in bytes: UnsafeBufferPointer<UInt8>, from start: Int
) -> Int? {
    // For each prefix of the needle the length of its longest proper prefix that is also its end.
    var borders = [Int](repeating: 0, count: needle.count)
    var length = 0
    for index in 1..<needle.count {
        while length > 0, needle[index] != needle[length] { length = borders[length - 1] }
        if needle[index] == needle[length] { length += 1 }
        borders[index] = length
    }
    length = 0
    for index in start..<bytes.count {
        while length > 0, bytes[index] != needle[length] { length = borders[length - 1] }
        if bytes[index] == needle[length] { length += 1 }
        if length == needle.count { return index + 1 - length }
    }
    return nil
}
