// SPDX-License-Identifier: Apache-2.0

import Manifests
import Testing

@Suite("Quantities")
struct QuantityTests {
    // The first ones as a kube-apiserver 1.36 answered them, the others by the rules of resource.Quantity.
    @Test(
        "the canonical form is the API server's",
        arguments: [
            ("1000m", "1"), ("0.5Gi", "512Mi"), ("1.5Gi", "1536Mi"), ("0", "0"), ("0Gi", "0"), ("1", "1"),
            ("500m", "500m"),
            ("0.1", "100m"), ("1.5", "1500m"), ("1500", "1500"), ("1000", "1k"), ("1000000", "1M"), ("1024", "1024"),
            ("1024Ki", "1Mi"), ("1023Ki", "1023Ki"), ("1Ki", "1Ki"), ("0.5Ki", "512"), ("0.1Ki", "102400m"),
            ("1.1Gi", "1181116006400m"), ("1e3", "1e3"), ("1E3", "1e3"), ("2000e3", "2e6"), ("1.5e3", "1500"),
            ("1e-3", "1e-3"),
            ("1E", "1E"), ("100E", "100E"), ("10000E", "10000E"), ("-1500m", "-1500m"), ("+1", "1"), ("1n", "1n"),
            ("0.1n", "1n"),
            ("-0.1n", "-1n"), ("1.0000000001", "1000000001n"), ("8Ei", "9223372036854775807"), ("007", "7"),
            (".5", "500m"),
            ("5.", "5"), ("0.0", "0"), (".0", "0"), ("12e0", "12"), ("100k", "100k"), ("1u", "1u"), ("1000u", "1m"),
            ("3000Mi", "3000Mi"),
        ])
    func canonical(text: String, canonical: String) throws {
        let quantity = try #require(Quantity(text))
        #expect(quantity.canonical == canonical)
        #expect(Quantity(quantity.canonical)?.canonical == canonical)
    }

    @Test(
        "what is no quantity is refused",
        arguments: [
            "", ".", "-", "m", "1 ", "1x", "1mm", "1Kii", "1ki", "1e", "1e1.5", "--1", "1,5", "1e200", "0x1", "1K",
        ])
    func refusals(text: String) {
        #expect(Quantity(text) == nil)
    }

    @Test("amounts compare exactly, whatever their notation")
    func comparison() throws {
        let ascending = try ["-1", "-1m", "0", "1n", "999m", "1", "1.000000001", "1k", "1Ki", "1M", "1Mi", "1E", "1Ei"]
            .map {
                try #require(Quantity($0))
            }
        for (index, left) in ascending.enumerated() {
            for (other, right) in ascending.enumerated() { #expect((left < right) == (index < other)) }
        }
        #expect(Quantity("1Gi") == Quantity("1073741824"))
        #expect(Quantity("1Gi").hashValue == Quantity("1048576Ki").hashValue)
    }

    @Test("a canonical form is a fixed point and keeps the amount")
    func fixedPoint() throws {
        var random = SplitMix(state: 3)
        let suffixes = [
            "n", "u", "m", "", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "e3", "e-6", "E2",
        ]
        for _ in 0..<3000 {
            let text = "\(random.below(100_000)).\(random.below(1000))\(suffixes[random.below(suffixes.count)])"
            let quantity = try #require(Quantity(text))
            let again = try #require(Quantity(quantity.canonical))
            #expect(again == quantity, "\(text)")
            #expect(again.canonical == quantity.canonical)
        }
    }
}

@Suite("Durations")
struct DurationTextTests {
    @Test(
        "durations are read and written",
        arguments: [
            ("30s", 30_000, "30s"), ("10m", 600_000, "10m"), ("24h", 86_400_000, "24h"), ("1h30m", 5_400_000, "1h30m"),
            ("90m", 5_400_000, "1h30m"), ("250ms", 250, "250ms"), ("1s5ms", 1005, "1s5ms"), ("0s", 0, "0s"),
            ("30d", 2_592_000_000, "720h"), ("1d12h", 129_600_000, "36h"),
        ] as [(String, Int64, String)])
    func reading(text: String, milliseconds: Int64, canonical: String) throws {
        let duration = try #require(DurationText.parse(text))
        #expect(duration == .milliseconds(milliseconds))
        #expect(DurationText.text(duration) == canonical)
    }

    @Test(
        "what is no duration is refused",
        arguments: [
            "", "30", "s", "-1s", "1m1h", "1s1s", "1h1d", "1.5h", " 1s", "1 s", "99999999999999h", "90000h", "4000d",
            "9223372036854775807d", "٣s",
        ])
    func refusals(text: String) {
        #expect(DurationText.parse(text) == nil)
    }
}
