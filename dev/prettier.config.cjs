// The settings of OCA's repository template, with "strict" for white space: text that
// is broken anew would change pages, mails and the terms of the translations.
module.exports = {
    plugins: [require.resolve("@prettier/plugin-xml")],
    printWidth: 88,
    tabWidth: 4,
    bracketSpacing: false,
    proseWrap: "always",
    trailingComma: "es5",
    xmlWhitespaceSensitivity: "strict",
    xmlSelfClosingSpace: true,
};
