package culvert.cli;

/** The command of a role that a settings file can set up. */
interface RoleCommand {

  /**
   * Creates the settings from the options that were parsed, and discards them.
   *
   * @throws IllegalArgumentException if they are invalid
   */
  void check();
}
