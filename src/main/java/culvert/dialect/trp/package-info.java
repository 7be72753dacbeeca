/**
 * trp is tunneled-reverse-proxy, whose name on the command line is {@code --protocol trp}. This is
 * its protocol behind the session interfaces: a control connection on which the remote proxy writes
 * a line for each visitor, and a data connection for each line. It has no authentication: the first
 * client of the control address receives the visitors.
 */
package culvert.dialect.trp;
