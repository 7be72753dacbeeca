/**
 * Settings files in TOML: the values of a file by setting, and every problem of the file with its
 * line. Only {@link culvert.config.toml.TomlDocument} uses the TOML library.
 */
package culvert.config.toml;
