// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import Manifests

@Suite("Expressions are evaluated as the CEL specification says")
struct ExpressionTests {
    /// What Kubernetes' documentation of rules uses, on an object of its kind.
    static let object: Value = [
        "minReplicas": 1, "replicas": 3, "maxReplicas": 5, "name": "web-1", "list": [3, 1, 2],
        "names": ["a", "b", "a"],
        "map": ["x": "1", "y": "22"], "ports": [["name": "http", "port": 80], ["name": "dns", "port": 53]], "none": nil,
        "cpu": "1500m", "ratio": .number("0.5"),
    ]

    private func value(_ text: String) throws(ExpressionError) -> ExpressionValue {
        try Expression(text).evaluate(["self": ExpressionValue(Self.object)])
    }

    @Test(
        "These hold:",
        arguments: [
            "self.minReplicas <= self.replicas && self.replicas <= self.maxReplicas",
            "1 + 2 * 3 - 4 / 2 % 3 == 5", "-(1 - 3) == 2", "!(1 > 2) ? true : false", "7 / -2 == -3 && 7 % -2 == 1",
            "1 == 1.0 && 2u == 2 && 1 < 1.5 && !(1 == 2.0)", "'a' + 'b' == 'ab' && [1] + [2] == [1, 2]",
            "2 in self.list && !(9 in self.list) && 'x' in self.map", "self.list[0] == 3 && self.map['y'] == '22'",
            "has(self.name) && !has(self.gone)", "size(self.list) == 3 && self.name.size() == 5 && size('äö') == 2",
            "self.ports.all(p, p.port > 0)", "self.ports.exists(p, p.name == 'dns')",
            "self.ports.exists_one(p, p.port == 80) && !self.names.exists_one(n, n == 'a')",
            "self.ports.map(p, p.port) == [80, 53]", "self.ports.map(p, p.port > 60, p.name) == ['http']",
            "self.list.filter(x, x > 1) == [3, 2]", "self.map.all(k, self.map[k] != '')",
            "self.list.all(i, x, i < 3 && x > 0)", "self.map.exists(k, v, k == 'x' && v == '1')",
            "self.name.startsWith('web') && self.name.endsWith('-1') && self.name.contains('b-')",
            "self.name.matches('^[a-z]+-[0-9]$') && matches('x1', '[0-9]')", "'a,b,c'.split(',') == ['a', 'b', 'c']",
            "'a,b,c'.split(',', 2) == ['a', 'b,c']",
            "'aXbX'.replace('X', '-') == 'a-b-' && 'AbC'.lowerAscii() == 'abc'",
            "'abcd'.substring(1, 3) == 'bc' && 'abc'.indexOf('c') == 2 && 'abab'.lastIndexOf('b') == 3",
            "' x '.trim() == 'x' && 'abc'.charAt(1) == 'b'", "['a', 'b'].join('-') == 'a-b'",
            "'%s has %d of %.2f'.format(['x', 2, 1.5]) == 'x has 2 of 1.50'",
            "[1, 2, 2].isSorted() && !self.list.isSorted() && self.list.sum() == 6 && self.list.max() == 3",
            "int('42') == 42 && string(7) == '7' && double('1.5') == 1.5 && bool('true') && uint(3) == 3u",
            "int(3.9) == 3 && string(2.0) == '2' && string(b'abc') == 'abc' && type(1) == int",
            "duration('1h30m') > duration('89m') && duration('90s').getMinutes() == 1",
            "timestamp('2024-02-29T10:20:30Z').getFullYear() == 2024 && timestamp('2024-02-29T10:20:30Z').getMonth() == 1",
            "timestamp('2024-03-01T00:00:00Z') - timestamp('2024-02-29T00:00:00Z') == duration('24h')",
            "timestamp('2024-01-01T00:00:00Z').getDayOfWeek() == 1", "string(duration('1.5s')) == '1.5s'",
            "quantity(self.cpu).isGreaterThan(quantity('1')) && quantity('1Gi').compareTo(quantity('1024Mi')) == 0",
            "isQuantity('1k') && !isQuantity('x') && quantity('2').asInteger() == 2",
            "quantity('1').add(quantity('500m')).sub(1).asApproximateFloat() == 0.5",
            "sets.contains([1, 2, 3], [2]) && sets.intersects([1], [1, 2]) && !sets.equivalent([1], [2])",
            "optional.of(1).orValue(2) == 1 && optional.none().orValue(2) == 2 && !self.?gone.hasValue()",
            "self.?name.value() == 'web-1' && self[?'gone'].orValue('d') == 'd'",
            "{'a': 1, 'b': [2]}.b[0] == 2 && {'a': 1} == {'a': 1.0}",
            "r'\\d' == '\\\\d' && '\\u00e4' == 'ä' && \"\"\"a\"b\"\"\" == 'a\"b'",
            "self.none == null && 0x10 == 16 && 1e3 == 1000.0", "// a note\n true",
            "'%.0f %.1f %f'.format([3.5, -0.96, 0.9999999]) == '4 -1.0 1.000000'",
            "'%.9f'.format([123456789012.5]) == '123456789012.500000000'",
            "timestamp('2024-01-01T00:00:00Z') - duration('-9223372036854775808ns') > timestamp('2300-01-01T00:00:00Z')",
            "dyn(1) == 1 && self.ratio * 2.0 == 1.0",
        ])
    func holds(text: String) throws {
        #expect(try value(text).bool == true, "\(text)")
    }

    @Test("An operand that decides makes up for another without a value, on either side and in macros")
    func absorption() throws {
        #expect(try value("false && self.gone > 1").bool == false)
        #expect(try value("self.gone > 1 && false").bool == false)
        #expect(try value("self.gone > 1 || true").bool == true)
        #expect(try value("[1, 2].exists(x, x == 2 || 1 / 0 == 1)").bool == true)
        #expect(try value("[0, 2].exists(x, 4 / x == 2)").bool == true)
        #expect(throws: ExpressionError("division by zero")) { try value("[0, 3].exists(x, 4 / x == 2)") }
    }

    @Test(
        "These have no value:",
        arguments: [
            ("self.gone", "no such key: gone"), ("self.list[7]", "index out of bounds: 7"),
            ("1 / 0", "division by zero"), ("1 % 0", "modulus by zero"),
            ("9223372036854775807 + 1", "integer overflow"), ("timestamp(9223372036854775807)", "timestamp overflow"),
            ("1u - 2u", "unsigned integer overflow"),
            ("int('x')", "type conversion error from 'string' to 'int'"), ("dyn(1) + 'a'", "no such overload"),
            ("optional.none().value()", "optional.none() dereference"), ("'abc'.substring(5)", "index out of range: 5"),
        ])
    func fails(text: String, why: String) {
        #expect(throws: ExpressionError(why)) { try value(text) }
    }

    @Test("A long chain has a value, and one that goes too deep is refused")
    func depth() throws {
        func chain(_ count: Int) -> String { Array(repeating: "1", count: count).joined(separator: " + ") }
        #expect(try value("\(chain(400)) == 400").bool == true)
        #expect(throws: ExpressionError("expression recursion limit exceeded: 500", at: 0)) { try value(chain(4000)) }
        #expect(throws: ExpressionError.self) { try value("self" + String(repeating: ".a", count: 4000)) }
    }

    @Test("What costs too much is ended")
    func cost() {
        let ones = "[\((0..<50).map { _ in "1" }.joined(separator: ","))]"
        let nested = "\(ones).all(a, \(ones).all(b, \(ones).all(c, \(ones).all(d, a + b + c + d > 0))))"
        #expect(throws: ExpressionError("operation cancelled: actual cost limit exceeded")) { try value(nested) }
        var budget = 3
        #expect(throws: ExpressionError.self) { try Expression("1 + 1 + 1").evaluate([:], budget: &budget) }
        #expect(budget <= 0)
    }

    @Test(
        "What does not compile says where",
        arguments: [
            ("self.gone > 1", "ERROR: <input>:1:5: undefined field 'gone'\n | self.gone > 1\n | ....^"),
            (
                "self.name == 1",
                "ERROR: <input>:1:11: found no matching overload for '_==_' applied to '(string, int)'\n | self.name == 1\n | ..........^"
            ),
            (
                "true &&\n  foo(1)",
                "ERROR: <input>:2:6: undeclared reference to 'foo' (in container '')\n |   foo(1)\n | .....^"
            ),
            (
                "other",
                "ERROR: <input>:1:1: undeclared reference to 'other' (in container '')\n | other\n | ^"
            ),
            (
                "self.count.all(x, true)",
                "ERROR: <input>:1:5: expression of type 'int' cannot be range of a comprehension (must be list, map, or dynamic)\n | self.count.all(x, true)\n | ....^"
            ),
            (
                "self.name + 1 == 'a'",
                "ERROR: <input>:1:11: found no matching overload for '_+_' applied to '(string, int)'\n | self.name + 1 == 'a'\n | ..........^"
            ),
            ("1 +", "ERROR: <input>:1:4: Syntax error: unexpected '<EOF>'\n | 1 +\n | ...^"),
            ("a b", "ERROR: <input>:1:3: Syntax error: unexpected 'b'\n | a b\n | ..^"),
            ("has(self)", "ERROR: <input>:1:5: invalid argument to has() macro\n | has(self)\n | ....^"),
        ])
    func compiler(text: String, why: String) {
        do throws(ExpressionError) {
            let type = try Expression(text).type(["self": .object(["name": .string, "count": .int])])
            Issue.record("\(text) is a \(type.name)")
        } catch {
            #expect(error.description(in: text) == why)
        }
    }

    @Test("Types are told before there are values")
    func types() throws {
        let variables: [String: ExpressionType] = [
            "self": .object(["names": .list(.string), "labels": .map(.int), "any": .dyn, "at": .timestamp])
        ]
        for (text, name) in [
            ("self.names.filter(n, n != '')", "list(string)"), ("self.names.map(n, size(n))", "list(int)"),
            ("self.labels.all(k, self.labels[k] > 1)", "bool"), ("self.any.x.y + 1", "dyn"),
            ("self.at + duration('1h')", "google.protobuf.Timestamp"), ("self.?names.orValue([])", "list(string)"),
            ("'a' in self.names ? 1 : 2", "int"),
        ] {
            #expect(try Expression(text).type(variables).name == name, "\(text)")
        }
    }

    @Test("Nesting and length are bounded")
    func bounds() {
        let deep = String(repeating: "(", count: 300) + "1" + String(repeating: ")", count: 300)
        #expect(throws: ExpressionError.self) { try Expression(deep) }
        #expect(throws: ExpressionError.self) { try Expression(String(repeating: "!", count: 5000) + "true") }
        #expect(throws: ExpressionError.self) { try Expression("'" + String(repeating: "x", count: 20_000) + "'") }
    }
}
