// Rules for mistakes; the looks of the code are prettier's.
const browser = ["console", "document", "window", "FormData", "URLSearchParams"];

module.exports = [
    {
        languageOptions: {
            ecmaVersion: 2024,
            sourceType: "module",
            globals: Object.fromEntries(browser.map((name) => [name, "readonly"])),
        },
        rules: {
            "array-callback-return": "error",
            "consistent-return": "error",
            curly: "error",
            "default-case": "error",
            eqeqeq: "error",
            "no-console": "error",
            "no-const-assign": "error",
            "no-constant-condition": "error",
            "no-dupe-class-members": "error",
            "no-dupe-keys": "error",
            "no-empty": "error",
            "no-eval": "error",
            "no-shadow": "error",
            "no-undef": "error",
            "no-unreachable": "error",
            "no-unused-vars": "error",
            "no-use-before-define": "error",
            "no-var": "error",
            "prefer-const": "error",
            radix: "error",
        },
    },
];
