/// Text as the template language sees it: a sequence of code points, held as UTF-8.
///
/// Not a `String`: lengths, indices, comparison and case here count and compare Unicode scalars, as Python does, while
/// `String` counts grapheme clusters and compares canonically. Immutable, so it may be shared between threads.
public final class TextValue: ManagedBuffer<TextValue.Header, UInt8> {
    /// What is known about the bytes that follow.
    public struct Header {
        /// Length in bytes.
        package var byteCount: Int
        /// Length in Unicode scalars; equal to `byteCount` exactly when the text is ASCII.
        package var scalarCount: Int
        /// Whether it is markup that escaping leaves alone.
        package var isMarkup: Bool
    }

    /// Copies the bytes, which must be valid UTF-8.
    package static func make(_ bytes: UnsafeBufferPointer<UInt8>, isMarkup: Bool = false) -> TextValue {
        make(byteCount: bytes.count, isMarkup: isMarkup) { target in
            if let base = bytes.baseAddress { target.update(from: base, count: bytes.count) }
        }
    }

    /// Room for `byteCount` bytes, which `fill` writes.
    package static func make(
        byteCount: Int, isMarkup: Bool = false, fill: (UnsafeMutablePointer<UInt8>) -> Void
    ) -> TextValue {
        let created = TextValue.create(minimumCapacity: byteCount) { _ in
            Header(byteCount: byteCount, scalarCount: byteCount, isMarkup: isMarkup)
        }
        let text = unsafeDowncast(created, to: TextValue.self)
        text.withUnsafeMutablePointers { header, bytes in
            fill(bytes)
            var continuations = 0
            for index in 0..<byteCount where bytes[index] & 0xC0 == 0x80 { continuations += 1 }
            header.pointee.scalarCount = byteCount - continuations
        }
        return text
    }

    package static func make(_ bytes: [UInt8], isMarkup: Bool = false) -> TextValue {
        bytes.withUnsafeBufferPointer { make($0, isMarkup: isMarkup) }
    }

    package static func make(_ bytes: ArraySlice<UInt8>, isMarkup: Bool = false) -> TextValue {
        bytes.withUnsafeBufferPointer { make($0, isMarkup: isMarkup) }
    }

    package static func make(_ string: String, isMarkup: Bool = false) -> TextValue {
        var string = string
        return string.withUTF8 { make($0, isMarkup: isMarkup) }
    }

    package static func make(scalars: some Sequence<Unicode.Scalar>, isMarkup: Bool = false) -> TextValue {
        var bytes: [UInt8] = []
        for scalar in scalars { bytes.appendScalar(scalar) }
        return make(bytes, isMarkup: isMarkup)
    }

    // SAFETY: never changed after it is made.
    package nonisolated(unsafe) static let empty = make([UInt8]())

    // The header never changes once the text is made, so it is read without the checks of a stored property.
    package var byteCount: Int { withUnsafeMutablePointerToHeader { $0.pointee.byteCount } }
    /// Length in Unicode scalars, which is Python's `len`.
    package var scalarCount: Int { withUnsafeMutablePointerToHeader { $0.pointee.scalarCount } }
    package var isASCII: Bool { withUnsafeMutablePointerToHeader { $0.pointee.scalarCount == $0.pointee.byteCount } }
    package var isMarkup: Bool { withUnsafeMutablePointerToHeader { $0.pointee.isMarkup } }

    /// The bytes, valid during the call.
    package func withBytes<R>(_ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        withUnsafeMutablePointers { header, bytes in
            body(UnsafeBufferPointer(start: bytes, count: header.pointee.byteCount))
        }
    }

    package var bytes: [UInt8] { withBytes { Array($0) } }
    /// The text as a Swift string.
    public var string: String { withBytes { String(decoding: $0, as: UTF8.self) } }
    package var scalars: [Unicode.Scalar] { Array(string.unicodeScalars) }

    /// The same characters, as markup or as plain text.
    package func marked(_ isMarkup: Bool) -> TextValue {
        if self.isMarkup == isMarkup { return self }
        return withBytes { TextValue.make($0, isMarkup: isMarkup) }
    }

    /// Equality of code points.
    package func equals(_ other: TextValue) -> Bool {
        if self === other { return true }
        return withBytes { a in
            other.withBytes { b in
                a.count == b.count && bytesEqual(a, b)
            }
        }
    }

    /// Order of code points, which for UTF-8 is the order of bytes.
    package func compare(_ other: TextValue) -> Int {
        withBytes { a in
            other.withBytes { b in
                let count = min(a.count, b.count)
                var index = 0
                while index < count {
                    if a[index] != b[index] { return a[index] < b[index] ? -1 : 1 }
                    index += 1
                }
                return a.count == b.count ? 0 : (a.count < b.count ? -1 : 1)
            }
        }
    }

    package var contentHash: Int { withBytes { hashBytes($0) } }
}

/// Byte equality of two buffers of the same length.
@inline(__always)
func bytesEqual(_ a: UnsafeBufferPointer<UInt8>, _ b: UnsafeBufferPointer<UInt8>) -> Bool {
    guard let x = a.baseAddress, let y = b.baseAddress else { return true }
    var index = 0
    let count = a.count
    let (left, right) = (UnsafeRawPointer(x), UnsafeRawPointer(y))
    while index + 8 <= count {
        if left.loadUnaligned(fromByteOffset: index, as: UInt64.self)
            != right.loadUnaligned(fromByteOffset: index, as: UInt64.self)
        {
            return false
        }
        index += 8
    }
    while index < count {
        if x[index] != y[index] { return false }
        index += 1
    }
    return true
}

/// Different in each process, so that nobody can choose keys that collide.
private let hashSeed = UInt64.random(in: .min ... .max)

/// The hash under which dictionaries file a text.
package func hashBytes(_ bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var state = hashSeed ^ UInt64(truncatingIfNeeded: bytes.count)
    guard let start = bytes.baseAddress else { return finishHash(state) }
    let raw = UnsafeRawPointer(start)
    let count = bytes.count
    var index = 0
    while index + 8 <= count {
        state = mixHash(state, raw.loadUnaligned(fromByteOffset: index, as: UInt64.self))
        index += 8
    }
    // The rest in loads that overlap; the count, which is in the state, says which bytes are there twice.
    if index < count {
        let tail: UInt64
        if count >= 8 {
            tail = raw.loadUnaligned(fromByteOffset: count - 8, as: UInt64.self)
        } else if count >= 4 {
            tail =
                UInt64(raw.loadUnaligned(as: UInt32.self))
                | UInt64(raw.loadUnaligned(fromByteOffset: count - 4, as: UInt32.self)) << 32
        } else {
            tail = UInt64(start[0]) | UInt64(start[count / 2]) << 8 | UInt64(start[count - 1]) << 16
        }
        state = mixHash(state, tail)
    }
    return finishHash(state)
}

@inline(__always)
func mixHash(_ state: UInt64, _ word: UInt64) -> UInt64 {
    let product = (state ^ word).multipliedFullWidth(by: 0x9E37_79B9_7F4A_7C15)
    return product.high ^ product.low
}

@inline(__always)
func finishHash(_ state: UInt64) -> Int {
    Int(truncatingIfNeeded: mixHash(state, 0xD6E8_FEB8_6659_FD93) & 0x7FFF_FFFF_FFFF_FFFF)
}

/// The hash of an integer key; equal numbers of other types hash alike.
@inline(__always)
func hashInteger(_ value: Int) -> Int { finishHash(hashSeed ^ UInt64(bitPattern: Int64(value))) }

extension Array where Element == UInt8 {
    /// Appends the scalar's UTF-8 bytes.
    package mutating func appendScalar(_ scalar: Unicode.Scalar) {
        let value = scalar.value
        if value < 0x80 {
            append(UInt8(truncatingIfNeeded: value))
        } else if value < 0x800 {
            append(UInt8(truncatingIfNeeded: 0xC0 | value >> 6))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        } else if value < 0x10000 {
            append(UInt8(truncatingIfNeeded: 0xE0 | value >> 12))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        } else {
            append(UInt8(truncatingIfNeeded: 0xF0 | value >> 18))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 12 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value >> 6 & 0x3F))
            append(UInt8(truncatingIfNeeded: 0x80 | value & 0x3F))
        }
    }
}
