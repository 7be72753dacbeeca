package culvert.cli.option;

import culvert.config.NamedText;
import culvert.config.PerService;
import culvert.config.ServiceValue;
import culvert.setting.ServiceSetting;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * The values of an option in which services can differ. The command line takes precedence over a
 * variable, and a variable over the file, for each service by itself: an option for one service
 * does not remove the rules that the file has for others.
 */
final class ServiceValues {

  private static final String SEPARATOR = ",";

  private ServiceValues() {}

  /**
   * Returns the values of all places.
   *
   * @param spec that of a command that has been parsed
   * @param given the values of the place that takes precedence
   * @throws SettingException if a value of another place is invalid, or one without a name follows
   *     one with a name in a list
   */
  static <T> PerService<T> of(CommandSpec spec, Setting setting, List<ServiceValue<T>> given) {
    OptionSpec option = OptionSettings.find(spec, setting).orElseThrow();
    Environment environment = Environment.of(spec);
    lists(spec, setting).forEach(list -> checkNames(setting, list));
    PerService<T> values = PerService.of(given);
    Optional<String> variable = environment.variable(option);
    if (variable.isPresent()) {
      String name = environment.source(option).orElseThrow();
      values = values.orElse(ServiceValues.<T>all(option, setting, name, variable.get()));
    }
    Optional<String> ofFile = environment.file().value(option);
    if (ofFile.isPresent()) {
      String name = environment.file().name(option).orElseThrow();
      values = values.orElse(ServiceValues.<T>all(option, setting, name, ofFile.get()));
    }
    return values;
  }

  /** Returns whether an option has such values. */
  static boolean has(OptionSpec option) {
    return option.converters().length > 0
        && option.converters()[0] instanceof ServiceValueForms.Named<?>;
  }

  /** Returns whether the value of a service is that of the file. */
  static boolean isOfFile(CommandSpec spec, ServiceSetting ofService) {
    boolean isInFile =
        FileSettings.in(spec).values(ofService.setting()).stream()
            .anyMatch(value -> value.service().equals(ofService.service()));
    return isInFile && !overridden(spec, ofService.setting()).contains(ofService.service());
  }

  /** Returns the services whose values the command line or the variable has. */
  static Set<String> overridden(CommandSpec spec, Setting setting) {
    return lists(spec, setting).stream()
        .flatMap(list -> Stream.of(list.split(SEPARATOR)))
        .map(ServiceValues::service)
        .collect(Collectors.toSet());
  }

  /** Returns the lists of the command line and of the variable. */
  private static List<String> lists(CommandSpec spec, Setting setting) {
    OptionSpec option = OptionSettings.find(spec, setting).orElseThrow();
    var lists = new ArrayList<String>();
    if (WrittenName.source(spec, setting) == WrittenName.Source.COMMAND_LINE) {
      lists.addAll(option.originalStringValues());
    }
    Environment.of(spec).variable(option).ifPresent(lists::add);
    return lists;
  }

  /** Returns the name in a text that may be invalid; empty if it has none. */
  private static String service(String text) {
    return NamedText.of(text).name();
  }

  /** A value after {@code NAME=VALUE} looks as if it were for that service too. */
  private static void checkNames(Setting setting, String list) {
    String before = "";
    for (String text : list.split(SEPARATOR)) {
      String service = service(text);
      if (service.isEmpty() && !before.isEmpty()) {
        throw new SettingException(
            "the value '%s' of %s is for all services, and follows one for the service '%s' in a"
                + " list; write %s=%s, or begin the list with the values for all services",
            text, setting, before, before, text);
      }
      before = service;
    }
  }

  private static <T> PerService<T> all(
      OptionSpec option, Setting setting, String name, String list) {
    var values = new ArrayList<ServiceValue<T>>();
    for (String text : list.split(SEPARATOR)) {
      values.add(ServiceValues.<T>parsed(option, setting, name, text));
    }
    return PerService.of(values);
  }

  @SuppressWarnings("unchecked") // The caller names the type of the option's values.
  private static <T> ServiceValue<T> parsed(
      OptionSpec option, Setting setting, String name, String text) {
    try {
      return ((ServiceValueForms.Named<T>) option.converters()[0]).convert(text);
    } catch (TypeConversionException e) {
      throw new SettingException(
          e, "invalid value '%s' for %s: %s", text, name, e.getMessage(), setting);
    }
  }
}
