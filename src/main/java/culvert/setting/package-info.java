/**
 * The ids of all settings, and messages that name them. The text of a message is complete only
 * where the names are known that the user wrote: an option, a variable, a key of a settings file.
 */
package culvert.setting;
