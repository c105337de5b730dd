-- A database of redial's own beside that of the Rails application, on the same server of MySQL or MariaDB.
CREATE DATABASE IF NOT EXISTS redial;
CREATE USER IF NOT EXISTS 'redial'@'%' IDENTIFIED BY 'redial';
GRANT ALL ON redial.* TO 'redial'@'%';
