// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Kustomize

@Suite struct GoNumberTests {
    @Test(
        "A float is printed as Go prints it in a text",
        arguments: [
            (1.5, "1.5"), (0, "0"), (-2.25, "-2.25"), (100_000, "100000"), (1_000_000, "1e+06"),
            (123_456_789, "1.23456789e+08"),
            (0.0001, "0.0001"), (0.00001, "1e-05"), (1e20, "1e+20"), (1e100, "1e+100"), (1234.5678, "1234.5678"),
        ])
    func inText(number: Double, expected: String) {
        #expect(GoNumber.text(number, largestPlainExponent: 5) == expected)
    }

    @Test(
        "A float is printed as Go prints it in JSON",
        arguments: [
            (1e20, "100000000000000000000"), (1e21, "1e+21"), (0.000001, "0.000001"), (0.0000001, "1e-7"),
            (1.50, "1.5"),
            (1e-10, "1e-10"),
        ])
    func inJSON(number: Double, expected: String) { #expect(GoNumber.json(number) == expected) }
}
