# Cells and what the protocol says about them → jupyter_kernel_test's own checks, every optional part filled in.
import unittest

import jupyter_kernel_test


class GradlabTests(jupyter_kernel_test.KernelTests):
    kernel_name = "gradlab"
    language_name = "typescript"
    file_extension = ".ts"

    code_hello_world = "console.log('hello, world')"
    code_stderr = "console.error('problem')"
    code_page_something = None
    completion_samples = [
        {"text": "Math.ma", "matches": {"max"}},
        {"text": "conso", "matches": {"console"}},
        {"text": "const word = 'a'; word.toUpp", "matches": {"toUpperCase"}},
    ]
    complete_code_samples = ["1 + 1", "function f() {\n  return 1;\n}", "const t = `a ${`b`} c`;", "/[({]/.test('(')"]
    incomplete_code_samples = ["function f() {", "const t = `abc", "[1, 2,", "if (true) {"]
    invalid_code_samples = ["let = = 3", "const 1a = 2", "} else {"]
    code_generate_error = "throw new TypeError('wanted')"
    code_execute_result = [
        {"code": "6 * 7", "result": "42"},
        {"code": "await Promise.resolve('later')", "result": "'later'"},
        {"code": "enum Colour { Red, Green }\nColour.Green", "result": "1"},
    ]
    code_display_data = [
        {"code": "display(html`<b>bold</b>`)", "mime": "text/html"},
        {"code": "display(svg`<svg/>`)", "mime": "image/svg+xml"},
        {"code": "display(md`# title`)", "mime": "text/markdown"},
        {"code": "display(latex`x^2`)", "mime": "text/latex"},
        {"code": "display(json({ a: 1 }))", "mime": "application/json"},
    ]
    code_history_pattern = "6?*?7"
    code_page_something = "?Math.max"
    supported_history_operations = ("tail", "range", "search")
    code_inspect_sample = "console.log"
    code_clear_output = "clearOutput()"


if __name__ == "__main__":
    unittest.main()
