package culvert.cli.option;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Place of an option in the help. On a class it holds for all options that the class declares and
 * that have no annotation of their own.
 */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.TYPE, ElementType.FIELD})
public @interface InHelp {

  /** Returns the heading under which {@code --help} lists the option. */
  HelpGroup value() default HelpGroup.OTHER;

  /** Returns whether {@code -h} lists the option as well. */
  boolean isBrief() default false;
}
